/** What is shown when a page fails because of a defect, or because its code cannot be loaded. */
export function CrashPage() {
  return (
    <main className="page">
      <title>Error · Reverse Traceroute</title>
      <h1>This page failed</h1>
      <p>
        <a href={window.location.href}>Load it again</a>. If the server was updated meanwhile, that is all it needs.
      </p>
    </main>
  );
}
