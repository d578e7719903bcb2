/** What a network plugin of the tests does: a veth pair for each endpoint, one end for the sandbox; addresses one after another. */
import { execFileSync } from 'node:child_process';

/** Names of the host's links that it has made and not removed. */
export type Links = Set<string>;

const ip = (...words: string[]): void => void execFileSync('ip', words, { stdio: 'pipe' });

/** Methods for `TestPlugin`, both `NetworkDriver` and `IpamDriver`; `join` is what Join says beside the interface. */
export function wireKeeper(links: Links, join: object = {}): Record<string, (body: Body) => object> {
  let next = 10;
  const nameOf = ({ EndpointID = '' }: Body): string => `nw${EndpointID.slice(0, 8)}`;
  return {
    'NetworkDriver.GetCapabilities': () => ({ Scope: 'local' }),
    'NetworkDriver.CreateNetwork': () => ({}),
    'NetworkDriver.DeleteNetwork': () => ({}),
    'NetworkDriver.CreateEndpoint': ({ Interface }) => ({ Interface: Interface?.MacAddress ? {} : { MacAddress: '02:6e:61:72:75:01' } }),
    'NetworkDriver.Join': (body) => {
      ip('link', 'add', nameOf(body), 'type', 'veth', 'peer', 'name', `${nameOf(body)}c`);
      ip('link', 'set', nameOf(body), 'up');
      links.add(nameOf(body));
      return { InterfaceName: { SrcName: `${nameOf(body)}c`, DstPrefix: 'wire' }, ...join };
    },
    'NetworkDriver.Leave': () => ({}),
    'NetworkDriver.DeleteEndpoint': (body) => {
      if (links.delete(nameOf(body))) ip('link', 'del', `${nameOf(body)}c`); // it must be back, under its own name
      return {};
    },
    'NetworkDriver.ProgramExternalConnectivity': () => ({}),
    'NetworkDriver.RevokeExternalConnectivity': () => ({}),
    'IpamDriver.GetCapabilities': () => ({ RequiresMACAddress: true, RequiresRequestReplay: true }),
    'IpamDriver.GetDefaultAddressSpaces': () => ({ LocalDefaultAddressSpace: 'here', GlobalDefaultAddressSpace: 'everywhere' }),
    'IpamDriver.RequestPool': ({ Pool }) => ({ PoolID: `here/${Pool || '10.245.0.0/24'}`, Pool: Pool || '10.245.0.0/24', Data: {} }),
    'IpamDriver.ReleasePool': () => ({}),
    'IpamDriver.RequestAddress': ({ PoolID = '', Address, Options }) => {
      const prefix = PoolID.slice('here/'.length).replace(/\.0\/24$/, '');
      if (Address === `${prefix}.66`) return { Error: 'that one is cursed' };
      return { Address: `${Address || `${prefix}.${Options?.['RequestAddressType'] ? 1 : next++}`}/24`, Data: {} };
    },
    'IpamDriver.ReleaseAddress': () => ({}),
  };
}

interface Body {
  readonly EndpointID?: string;
  readonly Interface?: { readonly MacAddress?: string };
  readonly PoolID?: string;
  readonly Pool?: string;
  readonly Address?: string;
  readonly Options?: Readonly<Record<string, string>> | null;
}
