import { formatIpv4, type Ipv4Address } from '@revtr/net';
import type { User } from '@revtr/storage';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { RegisteredAgent } from '../../agents/directory.ts';
import { addressSchema } from '../../foundation/address-schema.ts';
import { ControllerError } from '../../foundation/errors.ts';
import { userOf } from '../http/access.ts';
import type { ApiCollaborators } from '../http/collaborators.ts';
import { errorResponses } from '../http/errors.ts';
import { ownAgent } from '../http/own-agent.ts';
import { lineOf, security } from '../http/route-parts.ts';
import { agentDetailsSchema, agentSchema, toAgent, toTest } from './agent-schemas.ts';

const paramsSchema = z.object({ address: addressSchema });
const newAgentSchema = z.object({
  address: addressSchema,
  hostname: lineOf(253),
  site: lineOf(200, 0).default(''),
});

const TESTS_SHOWN = 5;

/** Agents: what they can do and how they are, for their owners; who takes part, for operators. */
export function registerAgents(app: FastifyInstance, collaborators: ApiCollaborators): void {
  const { directory, targetPolicy, tests, life, atlas, measuring } = collaborators;
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const isConnected = ({ address }: RegisteredAgent): boolean => measuring.connected.has(address);
  /** @throws {ControllerError} `notFound` */
  const agentOf = (user: User, address: Ipv4Address): RegisteredAgent => {
    const agent = ownAgent(directory, user, address);
    if (agent === undefined) throw new ControllerError('notFound', `there is no agent ${formatIpv4(address)}`);
    return agent;
  };
  const schemaOf = (operationId: string, summary: string) => ({
    operationId,
    summary,
    tags: ['agents'],
    security,
    params: paramsSchema,
    response: { 200: agentSchema, ...errorResponses },
  });

  routes.get(
    '/api/v2/agents',
    {
      config: { access: 'read' },
      schema: {
        operationId: 'listAgents',
        summary: 'Your agents; all of them, for operators',
        tags: ['agents'],
        security,
        response: { 200: z.object({ agents: z.array(agentSchema) }), ...errorResponses },
      },
    },
    async (request) => {
      const user = userOf(request);
      const own = directory.list().filter(({ user_id }) => user.role === 'operator' || user_id === user.id);
      return { agents: own.map((agent) => toAgent(agent, isConnected(agent))) };
    },
  );

  routes.post(
    '/api/v2/agents',
    {
      config: { access: 'operate' },
      schema: {
        operationId: 'registerVantagePoint',
        summary: 'Register a vantage point (operators)',
        tags: ['agents'],
        security,
        body: newAgentSchema,
        response: { 200: agentSchema, ...errorResponses },
      },
    },
    async (request) => {
      const { address } = request.body;
      const refusal = targetPolicy.refuse(address);
      if (refusal !== undefined)
        throw new ControllerError('badRequest', `the address cannot be a vantage point: ${refusal.message}`, {
          places: [{ at: 'address', ...refusal }],
        });
      const { hostname, site } = request.body;
      const agent = { address, hostname, site, kind: 'vantagePoint', user_id: null, state: 'expected' } as const;
      if (!(await directory.register(agent)))
        throw new ControllerError('conflict', `${formatIpv4(address)} is already registered`);
      const added = agentOf(userOf(request), address);
      return toAgent(added, isConnected(added));
    },
  );

  routes.get(
    '/api/v2/agents/:address',
    {
      config: { access: 'read' },
      schema: {
        operationId: 'getAgent',
        summary: 'An agent with what its tests have shown',
        tags: ['agents'],
        security,
        params: paramsSchema,
        response: { 200: agentDetailsSchema, ...errorResponses },
      },
    },
    async (request) => {
      const agent = agentOf(userOf(request), request.params.address);
      const { address } = agent;
      const [run] = await atlas.runsOf(address);
      const shown = await tests.of(formatIpv4(address), TESTS_SHOWN);
      return {
        ...toAgent(agent, isConnected(agent)),
        atlas: {
          traceroutes: agent.kind === 'source' ? await atlas.size(address) : 0,
          state: run?.state ?? ('none' as const),
          ...(run?.reason !== undefined && { reason: run.reason }),
        },
        tests: shown.map(toTest),
      };
    },
  );

  routes.post(
    '/api/v2/agents/:address/test',
    {
      config: { access: 'host' },
      schema: schemaOf(
        'testAgent',
        'Test an agent now; a quarantine ends when it passes. One by an operator is ended by operators only',
      ),
    },
    async (request) => {
      const user = userOf(request);
      const agent = agentOf(user, request.params.address);
      if (!isConnected(agent))
        throw new ControllerError('conflict', `the agent of ${formatIpv4(agent.address)} is not connected`);
      await life.test(agent.address, 'asked', { byOperator: user.role === 'operator' });
      const now = directory.find(agent.address) ?? agent;
      return toAgent(now, isConnected(now));
    },
  );

  routes.post(
    '/api/v2/agents/:address/quarantine',
    {
      config: { access: 'operate' },
      schema: {
        ...schemaOf('quarantineAgent', 'Quarantine an agent until an operator has it tested (operators)'),
        body: z.object({ reason: z.string().min(1).max(500) }),
      },
    },
    async (request) => {
      const agent = agentOf(userOf(request), request.params.address);
      await life.quarantine(agent.address, request.body.reason);
      const now = directory.find(agent.address) ?? agent;
      return toAgent(now, isConnected(now));
    },
  );

  routes.put(
    '/api/v2/agents/:address/legacy',
    {
      config: { access: 'operate' },
      schema: schemaOf(
        'allowLegacyAgent',
        'Allow the agent of revtr 2.0 at the address of an agent, and no other one; one that is connected must leave (operators)',
      ),
    },
    (request) => setLegacy(agentOf(userOf(request), request.params.address), true),
  );

  routes.delete(
    '/api/v2/agents/:address/legacy',
    {
      config: { access: 'operate' },
      schema: schemaOf(
        'denyLegacyAgent',
        'Do not allow the agent of revtr 2.0 at an address any longer: it is disconnected (operators)',
      ),
    },
    (request) => setLegacy(agentOf(userOf(request), request.params.address), false),
  );

  /** @throws {ControllerError} `conflict` */
  const setLegacy = async (agent: RegisteredAgent, legacy: boolean) => {
    const { address } = agent;
    if (agent.state === 'withdrawn')
      throw new ControllerError('conflict', `${formatIpv4(address)} is withdrawn: register it again first`);
    await directory.change(address, { legacy, certificate_serial: null });
    measuring.expel(address, legacy ? 'the operator allows the agent of revtr 2.0 in its place' : 'not allowed');
    const now = directory.find(address) ?? agent;
    return toAgent(now, isConnected(now));
  };

  routes.delete(
    '/api/v2/agents/:address/certificate',
    {
      config: { access: 'operate' },
      schema: schemaOf(
        'revokeAgentCertificate',
        'Revoke the certificate of an agent: it is disconnected, and must enrol again (operators)',
      ),
    },
    async (request) => {
      const agent = agentOf(userOf(request), request.params.address);
      const { address } = agent;
      if (agent.certificate_serial === null)
        throw new ControllerError('conflict', `the agent of ${formatIpv4(address)} has no certificate`);
      await directory.change(address, { certificate_serial: null });
      measuring.expel(address, 'its certificate was revoked');
      return toAgent(directory.find(address) ?? agent, false);
    },
  );

  routes.delete(
    '/api/v2/agents/:address',
    {
      config: { access: 'host' },
      schema: schemaOf('withdrawAgent', 'Withdraw an agent: from now on nothing is sent by it, to it, or in its name'),
    },
    async (request) => {
      const agent = agentOf(userOf(request), request.params.address);
      const { address } = agent;
      await directory.enter(address, 'withdrawn', { certificate_serial: null, legacy: false });
      measuring.expel(address, 'withdrawn');
      return toAgent(directory.find(address) ?? agent, false);
    },
  );
}
