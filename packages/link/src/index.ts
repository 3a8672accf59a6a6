export { type GrantFault, LinkError, type LinkErrorCode, type LinkErrorDetails } from './errors.ts';
export { type Grant, GrantSigner } from './grants/grant.ts';
export { GrantVerifier } from './grants/verifier.ts';
export { AgentIdentity } from './identity/agent-identity.ts';
export { Authority, rootFingerprint } from './identity/authority.ts';
export type { Credential } from './identity/certificates.ts';
export { agentAddressOf } from './identity/names.ts';
export { type ConnectionLimits, limitConnections } from './limits/limit-connections.ts';
export { limitedAddressOf } from './limits/limited-address.ts';
export { Tally } from './limits/tally.ts';
export { MOST_BLOCKED } from './messages/limits.ts';
export { addressSchema, markSchema, pingSchema, replySchema } from './messages/probing.ts';
export type { Switches } from './messages/safety.ts';
export { readToAgent, type ToAgent } from './messages/to-agent.ts';
export {
  type AgentHealth,
  healthSchema,
  profileShape,
  readToController,
  type SelfTest,
} from './messages/to-controller.ts';
export { grantlessWorkSchemas, measurementSchema, type Outcome, outcomeSchema, type Work } from './messages/work.ts';
export type { OptOutList } from './opt-out/opt-out-publisher.ts';
export type { CompleteOptOuts } from './opt-out/opt-out-receiver.ts';
export { type OptOutChange, OptOutSet } from './opt-out/opt-out-set.ts';
export { AgentHub } from './session/agent-hub.ts';
export { type AgentProfile, AgentSession, type RunOptions } from './session/agent-session.ts';
export { AgentWork, type Perform } from './session/agent-work.ts';
export type { Admission, Enrolment, GatewayRefusal } from './transport/admission.ts';
export type { AgentPolicy, LinkState } from './transport/agent-policy.ts';
export { Dialer, type ListeningAgent } from './transport/dialer.ts';
export { type ControllerEndpoint, enrol } from './transport/enrol.ts';
export { Gateway } from './transport/gateway.ts';
export { LinkClient } from './transport/link-client.ts';
export { listen } from './transport/listen.ts';
export { peerAddressOf } from './transport/tls.ts';
