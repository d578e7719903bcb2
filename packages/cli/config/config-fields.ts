/** The types of the configuration's fields, and docker's complaints of values that are of another. */

type FieldType = 'string' | { readonly list: 'string' } | { readonly map: FieldType } | { readonly struct: string; readonly strings: readonly string[] };

const auth: FieldType = { struct: 'AuthConfig', strings: ['username', 'password', 'auth', 'email', 'serveraddress', 'identitytoken', 'registrytoken'] };
const proxy: FieldType = { struct: 'ProxyConfig', strings: ['httpProxy', 'httpsProxy', 'noProxy', 'ftpProxy', 'allProxy'] };
const strings: FieldType = { map: 'string' };

const fields: Readonly<Record<string, FieldType>> = {
  auths: { map: auth }, credHelpers: strings, HttpHeaders: strings, aliases: strings, features: strings, plugins: { map: strings }, proxies: { map: proxy },
  pruneFilters: { list: 'string' }, cliPluginsExtraDirs: { list: 'string' },
  ...Object.fromEntries([
    'psFormat', 'imagesFormat', 'networksFormat', 'pluginsFormat', 'volumesFormat', 'statsFormat', 'serviceInspectFormat', 'servicesFormat', 'tasksFormat', 'secretFormat', 'configFormat', 'nodesFormat',
    'detachKeys', 'credsStore', 'currentContext',
  ].map((name) => [name, 'string' as const])),
};

/** Takes out what is of the wrong type, at any depth, and null, which is nothing: the rest is taken. The first complaint, in the words of Go's decoder. */
export function dropMistyped(values: Record<string, unknown>): string | undefined {
  const complaints: string[] = [];
  for (const [name, value] of Object.entries(values)) {
    const type = fields[name];
    if (type === undefined) continue;
    const kept = typed(value, type, 'ConfigFile', name, complaints);
    if (kept === undefined) delete values[name];
    else values[name] = kept;
  }
  return complaints[0];
}

/** What is of its type; undefined where nothing is. `struct` and `path` name the place. */
function typed(value: unknown, type: FieldType, struct: string, path: string, complaints: string[]): unknown {
  if (value === null) return undefined;
  const wrong = (goType: string): void => void complaints.push(`json: cannot unmarshal ${kindOf(value)} into Go struct field ${struct}.${path} of type ${goType}`);
  if (type === 'string') return typeof value === 'string' ? value : wrong('string');
  if ('list' in type) return Array.isArray(value) ? value.map((each) => typed(each, type.list, struct, path, complaints)).filter((each) => each !== undefined) : wrong('[]string');
  if (typeof value !== 'object' || Array.isArray(value)) return wrong(goTypeOf(type));
  const member = (name: string, each: unknown): unknown => {
    if ('map' in type) return typed(each, type.map, struct, path, complaints);
    return type.strings.includes(name) ? typed(each, 'string', type.struct, `${path}.${name}`, complaints) : each;
  };
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, member(name, each)]).filter(([, each]) => each !== undefined));
}

function goTypeOf(type: FieldType): string {
  if (type === 'string') return 'string';
  if ('list' in type) return '[]string';
  if ('map' in type) return `map[string]${goTypeOf(type.map)}`;
  return type.struct === 'AuthConfig' ? 'types.AuthConfig' : `configfile.${type.struct}`;
}

/** As Go's decoder calls a value's kind. */
export function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}
