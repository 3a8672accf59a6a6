import { formatIpv4, parseIpv4 } from '@revtr/net';
import { serveAtlas } from '../atlas/remote/atlas-server.ts';
import type { ClusterParts } from '../cluster/cluster-parts.ts';
import { SourceClaim } from '../cluster/leases/source-claim.ts';
import type { AtlasSubsystem } from './open-atlas.ts';
import type { MeasurementsSubsystem } from './open-measurements.ts';
import type { MeasuringSubsystem } from './open-measuring.ts';
import type { SelfAuditSubsystem } from './open-self-audit.ts';

/** Opens the ownership of sources: this engine reads what is stored for a source, works for it, and hands it over. */
export function openSources(
  { bus, members, leases }: ClusterParts,
  collaborators: {
    readonly measuring: MeasuringSubsystem;
    readonly atlas: AtlasSubsystem;
    readonly measurements: MeasurementsSubsystem;
    readonly selfAudit: SelfAuditSubsystem;
  },
): SourceClaim {
  const { measuring, atlas, measurements, selfAudit } = collaborators;
  const served = new Map<string, () => void>();
  const claim = new SourceClaim({
    bus,
    members,
    sources: () => measuring.directory.registeredSources().map(({ address }) => formatIpv4(address)),
    work: {
      load: async (source) => {
        const address = parseIpv4(source);
        await atlas.load(address);
        await atlas.onDemand?.closeInterrupted(address);
      },
      begin: async (source) => {
        const address = parseIpv4(source);
        served.set(source, serveAtlas(bus, address, atlas.local));
        measurements.runner.notify();
        await atlas.service.resume(address);
      },
      end: async (source, isLost) => {
        served.get(source)?.();
        served.delete(source);
        const address = parseIpv4(source);
        await Promise.all([measurements.runner.handOver(source, isLost), selfAudit.handOver(address, isLost)]);
        await atlas.service.unload(address, isLost);
      },
    },
  });
  leases.add(claim);
  return claim;
}
