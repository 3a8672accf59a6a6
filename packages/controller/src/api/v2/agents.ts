import { parseIpv4, tryParseIpv4 } from '@revtr/net';
import type { Agent, User } from '@revtr/storage';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ControllerError } from '../../foundation/errors.ts';
import type { ApiCollaborators } from '../http/collaborators.ts';
import { errorResponses } from '../http/errors.ts';
import { ownAgent } from '../http/own-agent.ts';
import { security } from '../http/route-parts.ts';
import { agentDetailsSchema, agentSchema, toAgent, toTest } from './agent-schemas.ts';

const addressSchema = z.string().refine((text) => tryParseIpv4(text) !== undefined, 'must be an IPv4 address');
const paramsSchema = z.object({ address: addressSchema });
const newAgentSchema = z.object({
  address: addressSchema,
  hostname: z.string().min(1).max(253),
  site: z.string().max(200).default(''),
});

const TESTS_SHOWN = 5;

/** Agents: what they can do and how they are, for their owners; who takes part, for operators. */
export function registerAgents(app: FastifyInstance, collaborators: ApiCollaborators): void {
  const { authenticator, agents, directory, tests, life, atlas, measuring } = collaborators;
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const isConnected = ({ address }: Agent): boolean => measuring.sessionOf(parseIpv4(address))?.isConnected === true;
  /** @throws {ControllerError} `notFound` */
  const agentOf = (user: User, address: string): Agent => {
    const agent = ownAgent(directory, user, parseIpv4(address));
    if (agent === undefined) throw new ControllerError('notFound', `there is no agent ${address}`);
    return agent;
  };
  const schemaOf = (summary: string) => ({
    summary,
    tags: ['agents'],
    security,
    params: paramsSchema,
    response: { 200: agentSchema, ...errorResponses },
  });

  routes.get(
    '/api/v2/agents',
    {
      schema: {
        summary: 'Your agents; all of them, for operators',
        tags: ['agents'],
        security,
        response: { 200: z.object({ agents: z.array(agentSchema) }), ...errorResponses },
      },
    },
    async (request) => {
      const user = await authenticator.userOf(request);
      const all = await agents.list();
      const own = all.filter(({ user_id }) => user.role === 'operator' || user_id === user.id);
      return { agents: own.map((agent) => toAgent(agent, isConnected(agent))) };
    },
  );

  routes.post(
    '/api/v2/agents',
    {
      schema: {
        summary: 'Register a vantage point (operators)',
        tags: ['agents'],
        security,
        body: newAgentSchema,
        response: { 200: agentSchema, ...errorResponses },
      },
    },
    async (request) => {
      await authenticator.operatorOf(request);
      const { address } = request.body;
      const known = directory.find(parseIpv4(address));
      if (known !== undefined && known.state !== 'withdrawn')
        throw new ControllerError('conflict', `${address} is registered already`);
      await directory.put({ ...request.body, kind: 'vantagePoint', user_id: null, state: 'expected' });
      const agent = agentOf(await authenticator.userOf(request), address);
      return toAgent(agent, isConnected(agent));
    },
  );

  routes.get(
    '/api/v2/agents/:address',
    {
      schema: {
        summary: 'An agent with what its tests have shown',
        tags: ['agents'],
        security,
        params: paramsSchema,
        response: { 200: agentDetailsSchema, ...errorResponses },
      },
    },
    async (request) => {
      const agent = agentOf(await authenticator.userOf(request), request.params.address);
      const address = parseIpv4(agent.address);
      const [run] = await atlas.runsOf(address);
      const shown = await tests.of(agent.address, TESTS_SHOWN);
      return {
        ...toAgent(agent, isConnected(agent)),
        atlas: {
          traceroutes: atlas.size(address),
          state: run?.state ?? ('none' as const),
          ...(run?.reason !== undefined && { reason: run.reason }),
        },
        tests: shown.map(toTest),
      };
    },
  );

  routes.post(
    '/api/v2/agents/:address/test',
    { schema: schemaOf('Test an agent now; a quarantine ends when it passes') },
    async (request) => {
      const agent = agentOf(await authenticator.userOf(request), request.params.address);
      if (!isConnected(agent)) throw new ControllerError('conflict', `the agent of ${agent.address} is not connected`);
      await life.test(parseIpv4(agent.address), 'asked');
      const now = directory.find(parseIpv4(agent.address)) ?? agent;
      return toAgent(now, isConnected(now));
    },
  );

  routes.post(
    '/api/v2/agents/:address/quarantine',
    {
      schema: {
        ...schemaOf('Quarantine an agent (operators)'),
        body: z.object({ reason: z.string().min(1).max(500) }),
      },
    },
    async (request) => {
      const agent = agentOf(await authenticator.operatorOf(request), request.params.address);
      await life.quarantine(parseIpv4(agent.address), request.body.reason);
      const now = directory.find(parseIpv4(agent.address)) ?? agent;
      return toAgent(now, isConnected(now));
    },
  );

  routes.delete(
    '/api/v2/agents/:address',
    { schema: schemaOf('Withdraw an agent: from now on nothing is sent by it, to it, or in its name') },
    async (request) => {
      const agent = agentOf(await authenticator.userOf(request), request.params.address);
      const address = parseIpv4(agent.address);
      await directory.change(address, { state: 'withdrawn', certificate_serial: null });
      measuring.expel(address, 'withdrawn');
      return toAgent(directory.find(address) ?? agent, false);
    },
  );
}
