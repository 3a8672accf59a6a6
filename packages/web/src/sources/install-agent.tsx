import { Link } from 'react-router';
import { CopyButton } from '../app/copy-button.tsx';

/** The commands that start the agent of a source, with the name of this server. */
export function InstallAgent() {
  const { hostname, origin } = window.location;
  const commands = `curl -O ${origin}/api/v2/root.crt
docker build -t revtr-agent .
docker run --name=revtr --net=host --restart=unless-stopped --detach \\
  --env REVTR_AGENT_LOCAL_HOST=${hostname} \\
  --volume revtr:/var/lib/revtr revtr-agent /root.crt /plvp.config`;
  return (
    <section className="install">
      <h3>Start the agent</h3>
      <p>
        Clone the repository on the machine that has the address, and run these commands in its root directory as root.
        This page continues by itself when the agent connects. <Link to="/docs/host-a-source">All details</Link>
      </p>
      <pre className="raw">{commands}</pre>
      <CopyButton text={commands} label="Copy the commands" />
    </section>
  );
}
