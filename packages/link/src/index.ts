export * from './errors.ts';
export { type Grant, GrantSigner } from './grants/grant.ts';
export { type GrantFault, GrantVerifier } from './grants/verifier.ts';
export { AgentIdentity } from './identity/agent-identity.ts';
export { Authority } from './identity/authority.ts';
export { agentAddressOf } from './identity/names.ts';
export {
  MOST_MESSAGE_BYTES,
  type OptOutList,
  readToAgent,
  readToController,
  type SelfTest,
  type ToAgent,
} from './messages/messages.ts';
export type { Outcome, Work } from './messages/work.ts';
export { AgentHub } from './session/agent-hub.ts';
export { type AgentProfile, AgentSession } from './session/agent-session.ts';
export { AgentWork, type Perform } from './session/agent-work.ts';
export { Dialer, type ListeningAgent } from './transport/dialer.ts';
export { type ControllerEndpoint, enrol } from './transport/enrol.ts';
export { type Admission, type Enrolment, Gateway, type GatewayRefusal } from './transport/gateway.ts';
export { LinkClient, type LinkState } from './transport/link-client.ts';
