import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostsFile, hostsFileOfHost, withAddresses, withNameAt, withoutAddresses, withoutName } from './hosts.ts';

test('the file Docker writes, line by line', () => {
  const text = hostsFile({
    hostname: 'h1',
    domainname: 'd.example',
    extraHosts: ['x:1.2.3.4', 'six:fd00::1'],
    endpoints: [{ ipv4: { address: '172.17.0.2', prefix: 16, gateway: '172.17.0.1' }, ipv6: undefined }],
  });
  assert.equal(
    text,
    [
      '127.0.0.1\tlocalhost',
      '::1\tlocalhost ip6-localhost ip6-loopback',
      'fe00::0\tip6-localnet',
      'ff00::0\tip6-mcastprefix',
      'ff02::1\tip6-allnodes',
      'ff02::2\tip6-allrouters',
      '1.2.3.4\tx',
      'fd00::1\tsix',
      '172.17.0.2\th1.d.example h1',
      '',
    ].join('\n'),
  );
});

test('without IPv6 none of its names are there', () => {
  const lease = (address: string) => ({ address, prefix: 16, gateway: '' });
  const text = hostsFile({ hostname: 'h', domainname: '', extraHosts: ['six:fd00::1'], endpoints: [{ ipv4: lease('172.17.0.2'), ipv6: lease('fd00::2') }], withoutIPv6: true });
  assert.equal(text, '127.0.0.1\tlocalhost\nfd00::1\tsix\n172.17.0.2\th\n');
});

test("on the host's network the host's file is kept", () => {
  assert.equal(hostsFileOfHost('127.0.0.1 localhost vm', ['a:10.0.0.1']), '127.0.0.1 localhost vm\n10.0.0.1\ta\n');
});

test('addresses come and go; what a person wrote stays', () => {
  const text = '127.0.0.1\tlocalhost\n10.0.0.2\tc\n# mine\n';
  const more = withAddresses(text, ['10.1.0.2', 'fd00::2'], { hostname: 'c', domainname: 'd' });
  assert.equal(more, `${text}10.1.0.2\tc.d c\nfd00::2\tc.d c\n`);
  assert.equal(withoutAddresses(more, ['10.1.0.2', 'fd00::2']), text);
});

test('a link finds its container at a new address', () => {
  const text = '127.0.0.1\tlocalhost\n10.0.0.2\tdb d1 db2\nfd00::2\tdb d1 db2\n10.0.0.2\tdb2\n';
  assert.equal(withNameAt(text, 'db', '10.0.0.9'), '127.0.0.1\tlocalhost\n10.0.0.9\tdb d1 db2\nfd00::2\tdb d1 db2\n10.0.0.2\tdb2\n');
});

test('a link that is taken away takes its line along, and no other', () => {
  const text = '127.0.0.1\tlocalhost\n10.0.0.2\tdb d1 db2\nfd00::2\tdb d1 db2\n10.0.0.2\tdb2\n';
  assert.equal(withoutName(text, 'db'), '127.0.0.1\tlocalhost\n10.0.0.2\tdb2\n');
});

test('a whole name given as the hostname is known by its first part too', () => {
  const [line] = withAddresses('', ['10.0.0.2'], { hostname: 'web.shop.example', domainname: '' }).split('\n');
  assert.equal(line, '10.0.0.2\tweb.shop.example web');
});
