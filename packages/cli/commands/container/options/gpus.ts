import { InvalidArgument, messageOf } from '#base';
import type { DeviceRequest } from '#spec';
import { flag, parseCsvLine } from '../../../command/flag-types.ts';
import type { Flag, FlagOptions } from '../../../command/flag.ts';
import { parseInteger } from '../../../command/parse-number.ts';
import { pairsOf } from './pairs.ts';

/** `--gpus all`, `--gpus 2`, `--gpus '"device=0,2",capabilities=utility'`. */
export function gpuRequest(description: string, options: FlagOptions<DeviceRequest[]> = {}): Flag<DeviceRequest[]> {
  return flag({ name: 'gpu-request', initial: [], parse: (text, earlier) => [...earlier, parseGpus(text)] }, description, options);
}

function parseGpus(text: string): DeviceRequest {
  const request: DeviceRequest = { Driver: '', Count: 0, DeviceIDs: null, Capabilities: [['gpu']], Options: {} };
  const seen = new Set<string>();
  for (const field of recordOf(text)) {
    const at = field.indexOf('=');
    const [key, value] = at < 0 ? ['count', field] : [field.slice(0, at), field.slice(at + 1)];
    const written = at < 0 ? field : key;
    if (seen.has(written)) throw new InvalidArgument(`gpu request key '${written}' can be specified only once`);
    seen.add(written).add(key);
    apply(request, key, value, field);
  }
  if (!seen.has('count') && request.DeviceIDs === null) request.Count = 1;
  return request;
}

function apply(request: DeviceRequest, key: string, value: string, field: string): void {
  switch (key) {
    case 'driver': request.Driver = value; break;
    case 'count': request.Count = countOf(value); break;
    case 'device': request.DeviceIDs = value.split(','); break;
    case 'capabilities': request.Capabilities = [[...value.split(','), 'gpu']]; break;
    case 'options': request.Options = pairsOf(recordOf(value, 'failed to read gpu options: ')); break;
    default: throw new InvalidArgument(`unexpected key '${key}' in '${field}'`);
  }
}

/** Nothing at all is no record, to Go. */
function recordOf(text: string, prefix = ''): string[] {
  if (text === '') throw new InvalidArgument(`${prefix}EOF`);
  return parseCsvLine(text);
}

function countOf(value: string): number {
  if (value === 'all') return -1;
  try {
    return parseInteger(value, 'Atoi', 64);
  } catch (error) {
    const reason = messageOf(error).replace(/^.*: /s, '');
    throw new InvalidArgument(`invalid count (${value}): value must be either "all" or an integer: ${reason}`, { cause: error });
  }
}
