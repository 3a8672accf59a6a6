"""Tests against a system. The environment names it: REVTR_SERVER, REVTR_KEY, REVTR_TEST_SOURCE, REVTR_TEST_DESTINATIONS."""

import csv
import os
import tempfile
import unittest
from pathlib import Path
from typing import List, Tuple

from revtr import Client, NotFound, Pair, Problem, Progress, QuotaExceeded, Refused, Unauthorized, to_pandas

SOURCE = os.environ["REVTR_TEST_SOURCE"]
DESTINATIONS = os.environ["REVTR_TEST_DESTINATIONS"].split(",")


class SystemTest(unittest.TestCase):
    client: Client

    @classmethod
    def setUpClass(cls) -> None:
        cls.client = Client()

    def test_lists_sources(self) -> None:
        self.assertIn(SOURCE, [source.get("ip") for source in self.client.sources()])

    def test_measures_a_path(self) -> None:
        measurement = self.client.measure(SOURCE, DESTINATIONS[0], forward=True)
        result = measurement["result"]
        self.assertEqual(result["hops"][0]["address"], DESTINATIONS[0])
        self.assertEqual(result["hops"][-1]["address"], SOURCE)
        self.assertEqual(result["stopReason"], "reaches")
        self.assertGreater(len(result["forward"]["hops"]), 1)
        self.assertEqual(self.client.get_measurement(measurement["id"]), measurement)

    def test_measures_many_pairs_with_progress(self) -> None:
        seen: List[Progress] = []
        rejected: List[Tuple[int, Problem]] = []
        pairs = [(SOURCE, destination) for destination in [*DESTINATIONS[:7], "10.0.0.1", *DESTINATIONS[7:20]]]
        measured = list(
            self.client.measure_all(
                pairs,
                per_batch=8,
                on_progress=seen.append,
                on_rejected=lambda index, problem: rejected.append((index, problem)),
            )
        )
        self.assertEqual([one["destination"] for one in measured], DESTINATIONS[:20])
        self.assertEqual(seen[-1], Progress(20, 20))
        self.assertEqual([progress.done for progress in seen], sorted(progress.done for progress in seen))
        self.assertEqual([(index, problem.code) for index, problem in rejected], [(7, "destinationNotAllowed")])

    def test_follows_events_and_reads_the_results_as_a_stream_and_in_pages(self) -> None:
        pairs: List[Pair] = [{"src": SOURCE, "dst": dst, "label": "python"} for dst in DESTINATIONS[:30]]
        batch = self.client.submit(pairs, skip_invalid=True)
        types = [event["type"] for event in self.client.events(batch.batch_id, paths=True)]
        self.assertEqual(types[-1], "complete")
        self.client.wait(batch.batch_id)
        streamed = list(self.client.results(batch.batch_id))
        self.assertEqual(streamed, self.client.get_batch(batch.batch_id)["measurements"])
        self.assertEqual(list(self.client.find(label="python", per_page=7)), streamed)
        newest = self.client.find(batch=batch.batch_id, stop_reason="reaches", newest_first=True)
        reached = [one for one in streamed if one["result"]["stopReason"] == "reaches"]
        self.assertEqual(list(newest), reached[::-1])
        outlines = list(self.client.outlines(batch.batch_id))
        self.assertEqual([one["id"] for one in outlines], [one["id"] for one in streamed])
        self.assertIn(batch.batch_id, [one["id"] for one in self.client.batches()])

    def test_data_frames_equal_the_csv_exports(self) -> None:
        batch_id = self.client.submit([{"src": SOURCE, "dst": dst} for dst in DESTINATIONS[:30]]).batch_id
        self.client.wait(batch_id)
        frames = to_pandas(self.client.results(batch_id))
        with tempfile.TemporaryDirectory() as directory:
            paths, hops = (str(Path(directory) / name) for name in ("paths.csv", "hops.csv"))
            self.client.save(batch_id, paths, "csv")
            self.client.save(batch_id, hops, "csv-hops")
            with open(paths, newline="") as file:
                path_rows = list(csv.DictReader(file))
            with open(hops, newline="") as file:
                hop_rows = list(csv.DictReader(file))
        self.assertEqual(frames.paths["destination"].tolist(), [row["destination"] for row in path_rows])
        self.assertEqual(frames.hops["address"].tolist(), [row["address"] for row in hop_rows])
        as_paths = [" ".join(map(str, as_path)) for as_path in frames.paths["as_path"]]
        self.assertEqual(as_paths, [row["as_path"] for row in path_rows])
        self.assertEqual(frames.hops.groupby("measurement").size().tolist(), frames.paths["hops"].tolist())
        self.assertEqual(str(frames.paths["started_at"].dtype), "datetime64[ns, UTC]")

    def test_data_frames_of_nothing_have_the_same_columns(self) -> None:
        empty, full = to_pandas([]), to_pandas([self.client.measure(SOURCE, DESTINATIONS[0])])
        self.assertEqual(list(empty.paths.dtypes), list(full.paths.dtypes))
        self.assertEqual(list(empty.hops.dtypes), list(full.hops.dtypes))

    def test_raises_what_the_server_refuses(self) -> None:
        with self.assertRaises(Unauthorized):
            Client(key="unknown").sources()
        with self.assertRaises(NotFound):
            self.client.get_measurement(999_999_999)
        with self.assertRaises(Refused) as caught:
            self.client.measure(SOURCE, "10.0.0.1")
        self.assertEqual(caught.exception.problems[0].at, "revtrs[0].dst")
        with self.assertRaises(QuotaExceeded) as limited:
            limited_client = Client(key=os.environ["REVTR_TEST_LIMITED_KEY"], retries=0)
            for _ in range(2):
                limited_client.submit([{"src": SOURCE, "dst": DESTINATIONS[0]}] * 6)
        self.assertGreater(limited.exception.retry_after or 0, 0)
