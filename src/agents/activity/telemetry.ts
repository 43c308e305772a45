// What operators see of agents' work: spans with the GenAI attribute names of OpenTelemetry, and counts without ids.
// Must never name people, nor carry what was said.
import type { Metrics } from '../../core/metrics.ts';
import type { Attributes, Tracer } from '../../core/tracing.ts';
import type { RunTool, ToolRegistry } from '../../tools/service.ts';
import type { MeterRecord } from '../llm/meter.ts';

/** Of a model call that is over. */
export const chatAttributes = (call: MeterRecord, runId: string): Attributes => ({
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': call.provider,
  'gen_ai.request.model': call.requestedModel,
  'gen_ai.request.max_tokens': call.maxTokens,
  'gen_ai.response.model': call.model,
  'gen_ai.output.type': 'text',
  'gen_ai.usage.input_tokens': call.usage.inputTokens,
  'gen_ai.usage.output_tokens': call.usage.outputTokens,
  'parley.run_id': runId,
  ...(call.stopReason === undefined ? {} : { 'gen_ai.response.finish_reasons': [call.stopReason] }),
  ...(call.firstEventMs === undefined
    ? {}
    : { 'gen_ai.response.time_to_first_chunk': call.firstEventMs / 1000 }),
  ...(call.outcome === 'ok' ? {} : { 'error.type': call.outcome }),
});

/** The same, but each call is a span and is counted. Tools that people defined or connected are `other`: their names are theirs. */
export function watchTools(deps: {
  metrics: Metrics;
  tracer: Tracer;
  registry: ToolRegistry;
  runTool: RunTool;
}): RunTool {
  const { metrics, tracer, registry, runTool } = deps;
  const calls = metrics.counter('parley_tool_calls_total', 'Tool calls of agents', ['tool', 'outcome']);
  const seconds = metrics.histogram('parley_tool_call_duration_seconds', 'Time of one tool call', ['tool']);
  return (run) => {
    const tool = registry.find(run.call.name);
    const name = tool?.name ?? 'other';
    const attributes: Attributes = {
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': name,
      'gen_ai.tool.type': tool === undefined ? 'extension' : 'function',
      'gen_ai.tool.call.id': run.call.executionId,
      'parley.run_id': run.context.runId,
    };
    return tracer.withSpan(`execute_tool ${name}`, attributes, async (span) => {
      const outcome = await runTool(run);
      calls.inc({ tool: name, outcome: outcome.unknown ? 'unknown' : outcome.isError ? 'error' : 'success' });
      seconds.observe({ tool: name }, outcome.durationMs / 1000);
      if (outcome.isError) span.set({ 'error.type': outcome.unknown ? 'outcome_unknown' : 'tool_error' });
      return outcome;
    });
  };
}
