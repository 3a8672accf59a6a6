import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { isClientError } from '@revtr/client';
import { visible } from './foreign-text.ts';

/** The answer of a tool: the value, and the same as text for hosts that read only text. */
const answerOf = (value: Record<string, unknown>): CallToolResult => ({
  content: [{ type: 'text', text: JSON.stringify(value) }],
  structuredContent: value,
});

/** Runs a tool. What the server of reverse traceroutes reports becomes an answer that says so. */
export async function answering(work: () => Promise<Record<string, unknown>>): Promise<CallToolResult> {
  try {
    return answerOf(await work());
  } catch (error) {
    if (!isClientError(error)) throw error;
    const problems = (error.answer?.problems ?? []).slice(0, 5).map(({ message }) => visible(message, 300));
    const seconds = isClientError(error, 'quota') ? error.details.retryAfterSeconds : undefined;
    const lines = [
      `${error.serverCode ?? error.code}: ${visible(error.message, 300)}`,
      ...problems,
      ...(seconds === undefined ? [] : [`Try again in ${seconds} seconds.`]),
    ];
    return { isError: true, content: [{ type: 'text', text: lines.join('\n') }] };
  }
}
