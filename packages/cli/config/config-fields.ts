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

/** Takes out what is of the wrong type, and null, which is nothing. The first complaint, in the words of Go's decoder. */
export function dropMistyped(values: Record<string, unknown>): string | undefined {
  let complaint: string | undefined;
  for (const [name, value] of Object.entries(values)) {
    const type = fields[name];
    if (type === undefined) continue;
    const problem = value === null ? '' : problemOf(value, type, 'ConfigFile', name);
    if (problem === undefined) continue;
    delete values[name];
    if (problem !== '') complaint ??= problem;
  }
  return complaint;
}

/** `struct` and `path` name the place. */
function problemOf(value: unknown, type: FieldType, struct: string, path: string): string | undefined {
  if (value === null) return undefined;
  const wrong = (goType: string): string => `json: cannot unmarshal ${kindOf(value)} into Go struct field ${struct}.${path} of type ${goType}`;
  if (type === 'string') return typeof value === 'string' ? undefined : wrong('string');
  if ('list' in type) return Array.isArray(value) ? first(value.map((each) => problemOf(each, type.list, struct, path))) : wrong('[]string');
  if (typeof value !== 'object' || Array.isArray(value)) return wrong(goTypeOf(type));
  if ('map' in type) return first(Object.values(value).map((each) => problemOf(each, type.map, struct, path)));
  const entries = Object.entries(value).filter(([name]) => type.strings.includes(name));
  return first(entries.map(([name, each]) => problemOf(each, 'string', type.struct, `${path}.${name}`)));
}

function first(problems: readonly (string | undefined)[]): string | undefined {
  return problems.find((problem) => problem !== undefined);
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
