/**
 * What dockerd 26.1.5 answers where its words follow from nothing but itself: a table of requests with the status and
 * the message, and what is null, empty or absent in answers of older versions. Found by asking both daemons the same.
 */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { call, errorOf } from '../../support/api.ts';
import { Daemon } from '../../support/daemon.ts';
import { importBusybox } from '../../support/images.ts';

let daemon: Daemon;
before(async () => {
  daemon = await Daemon.start();
  await importBusybox(daemon, 'docker', 'busybox:latest');
  await call(daemon, 'POST', '/volumes/create', { Name: 'stock' });
  await call(daemon, 'POST', '/networks/create', { Name: 'side' });
  await call(daemon, 'POST', '/containers/create?name=made', { Image: 'busybox', Hostname: 'h', HostConfig: { NetworkMode: 'side' } });
  await call(daemon, 'POST', '/containers/create?name=runs', { Image: 'busybox', Cmd: ['sleep', '1000'], HostConfig: { NetworkMode: 'none' } });
  await call(daemon, 'POST', '/containers/runs/start');
});
after(() => daemon?.[Symbol.asyncDispose]());

const filters = (text: string) => `filters=${encodeURIComponent(text)}`;
const bound = (port: string, HostPort: string) => ({ Image: 'busybox', HostConfig: { PortBindings: { [port]: [{ HostPort }] } } });
const mount = (fields: object) => ({ Image: 'busybox', HostConfig: { Mounts: [{ Target: '/x', ...fields }] } });

const refusals: readonly (readonly [request: string, status: number, message: string, body?: object | string])[] = [
  ['GET /networks/side?verbose=x', 400, 'invalid value for verbose: x: strconv.ParseBool: parsing "x": invalid syntax'],
  [`GET /networks?${filters('{"type":["x"]}')}`, 500, "invalid filter: 'type'='x'"],
  [`GET /networks?${filters('{"dangling":["x"]}')}`, 400, 'invalid value for filter \'dangling\', must be "true" (or "1"), or "false" (or "0")'],
  [`GET /volumes?${filters('x')}`, 400, 'error reading volume filters: invalid filter'],
  [`GET /volumes?${filters('{"x":["y"]}')}`, 400, "invalid filter 'x'"],
  [`POST /volumes/prune?${filters('{"all":["x"]}')}`, 400, 'invalid filter \'all\': strconv.ParseBool: parsing "x": invalid syntax'],
  [`POST /volumes/prune?${filters('{"all":["1","0"]}')}`, 400, "invalid filter 'all=[1 0]': only one value is expected"],
  [`POST /build/prune?${filters('{"x":["y"]}')}`, 400, "failed to prune build cache: invalid filter 'x'"],
  ['POST /v1.47/build/prune?keep-storage=x&reserved-space=y', 400, 'keep-storage is in bytes and expects an integer, got x: strconv.Atoi: parsing "x": invalid syntax'],
  ['POST /build/prune?reserved-space=y', 400, 'reserved-space is in bytes and expects an integer, got y: strconv.Atoi: parsing "y": invalid syntax'],
  ['GET /images/busybox/attestations?platform=x', 400, 'failed to parse platform: invalid character \'x\' looking for beginning of value'],
  ['POST /images/busybox/push?platform=x', 400, 'failed to parse platform: invalid character \'x\' looking for beginning of value'],
  [`POST /images/busybox/push?tag=latest&platform=${encodeURIComponent('{"os":"linux","architecture":"s390x"}')}`, 404, `image with reference busybox:latest was found but its platform (linux/${process.arch === 'x64' ? 'amd64' : process.arch}) does not match the specified platform (linux/s390x)`],
  ['GET /containers/json?all=%zz', 400, 'invalid URL escape "%zz"'],
  ['GET /containers/json?all=1;limit=1', 400, 'invalid semicolon separator in query'],
  [`GET /containers/json?${filters('{"is-task":[]}')}`, 400, "invalid filter 'is-task'"],
  [`GET /containers/json?${filters('{"before":[""]}')}`, 404, 'No such container: '],
  [`GET /containers/json?${filters('{"expose":["100-1"]}')}`, 500, 'error while looking up for expose 100-1: Invalid range specified for the Port: 100-1'],
  [`GET /containers/json?${filters('{"publish":[null]}')}`, 500, 'error while looking up for publish : Empty string specified for ports.'],
  [`GET /images/json?${filters('{"reference":["["]}')}`, 500, 'syntax error in pattern'],
  [`GET /images/json?${filters('{"until":["x"]}')}`, 500, 'failed to parse value as time or duration: "x"'],
  ['POST /containers/create', 400, "invalid JSON: invalid character '[' exceeded max depth", '['.repeat(20_000)],
  [`GET /images/search?term=x&${filters('{"stars":["x"]}')}`, 400, 'invalid filter \'stars=x\': strconv.Atoi: parsing "x": invalid syntax'],
  ['GET /images/search?term=x&limit=x', 400, 'invalid limit specified: strconv.Atoi: parsing "x": invalid syntax'],
  ['GET /containers/made/logs?stdout=1&since=99999999999999999999', 500, 'strconv.ParseInt: parsing "99999999999999999999": value out of range'],
  ['GET /events?since=1.x', 500, 'strconv.ParseInt: parsing "x": invalid syntax'],
  [`GET /images/busybox/json?manifests=1&platform=${encodeURIComponent('{"os":"linux","architecture":"amd64"}')}`, 400, 'conflicting options: manifests and platform options cannot both be set'],
  ['POST /containers/runs/resize?h=1', 400, 'invalid resize width "": invalid syntax'],
  ['POST /containers/runs/resize?h=1x&w=1', 400, 'invalid resize height "1x": invalid syntax'],
  ['POST /containers/runs/resize?h=-1&w=1', 400, 'invalid resize height "-1": value out of range'],
  ['POST /containers/runs/resize?h=1&w=4294967296', 400, 'invalid resize width "4294967296": value out of range'],
  ['POST /containers/made/resize?h=1&w=1', 409, ''],
  ['POST /containers/runs/kill?signal=99999999999999999999', 400, 'cannot kill container: runs: invalid signal: 99999999999999999999'],
  ['GET /v1/version', 400, 'client version 1 is too old. Minimum supported API version is 1.24, please upgrade your client to a newer version'],
  ['GET /v2/version', 400, ''],
  ['GET /containers/json?limit=99999999999999999999', 500, 'strconv.Atoi: parsing "99999999999999999999": value out of range'],
  [`GET /containers/json?${filters('{"name":[1]}')}`, 400, 'invalid filter'],
  [`GET /networks?${filters('{"dangling":["true","false"]}')}`, 400, 'got more than one value for filter key "dangling"'],
  ['POST /containers/runs/kill?signal=-1', 400, 'cannot kill container: runs: the linux daemon does not support signal -1'],
  ['POST /build?version=3', 400, 'invalid version "3"'],
  ['POST /containers/made/rename?name=a%20b', 400, 'Error when allocating new name: Invalid container name (/a b), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed'],
  ['POST /containers/made/start', 400, 'starting container with non-empty request body was deprecated since API v1.22 and removed in v1.24', { Binds: ['/etc:/x'] }],
  ['POST /containers/runs/kill?signal=999', 400, 'cannot kill container: runs: the linux daemon does not support signal 999'],
  ['POST /containers/runs/stop?signal=NONE', 500, 'cannot stop container: runs: invalid signal: NONE'],
  ['POST /containers/runs/restart?signal=NONE', 500, 'Cannot restart container runs: invalid signal: NONE'],
  ['POST /containers/runs/exec', 500, 'Invalid escape keys (!!) provided', { Cmd: ['x'], DetachKeys: '!!' }],
  ['POST /commit', 400, 'invalid name or ID supplied: ""'],
  ['POST /networks/side/connect', 400, 'invalid name or ID supplied: ""', {}],
  [`POST /images/prune?${filters('{"until":["x"]}')}`, 500, 'failed to parse value as time or duration: "x"'],
  [`POST /build/prune?${filters('{"until":["x"]}')}`, 400, 'failed to prune build cache: "until" filter expects a duration (e.g., \'24h\') or a timestamp: failed to parse value as time or duration: "x"'],
  ['POST /build?t=A', 500, 'invalid reference format: repository name (library/A) must be lowercase'],
  ['POST /build?cachefrom=1', 400, 'error reading cache-from: json: cannot unmarshal number into Go value of type []string'],
  ['POST /build?outputs=1', 400, 'invalid outputs specified: json: cannot unmarshal number into Go value of type []types.ImageBuildOutput'],
  ['POST /build?shmsize=99999999999999999999', 500, 'strconv.ParseInt: parsing "99999999999999999999": value out of range'],
  ['POST /commit?container=nono&repo=A', 400, 'invalid reference format: repository name (library/A) must be lowercase'],
  ['POST /containers/create?name=!', 404, 'No such image: nono:latest', { Image: 'nono' }],
  ['POST /containers/create', 400, 'invalid mount config for type "": field Target must not be empty', { Image: 'busybox', HostConfig: { Mounts: [null] } }],
  ['POST /containers/create', 400, 'invalid JSON: json: cannot unmarshal string into Go struct field CreateRequest.HostConfig.Mounts.BindOptions of type BindOptions', { Image: 'busybox', HostConfig: { Mounts: [{ BindOptions: 'x' }] } }],
  ['POST /containers/create', 400, 'invalid QoS settings: linux does not support configuration of maximum IOPs', { Image: 'busybox', HostConfig: { IOMaximumIOps: 1 } }],
  ['POST /networks/create', 400, 'invalid JSON: json: cannot unmarshal number into Go struct field CreateRequest.CheckDuplicate of type bool', { Name: 'x', CheckDuplicate: 1 }],
  ['POST /networks/side/disconnect', 404, 'endpoint nono not found', { Container: 'nono', Force: true }],
  ['POST /volumes/create', 400, 'invalid JSON: invalid character \'ï\' looking for beginning of value', '\ufeff{}'],
  ['POST /images/busybox/push', 400, 'bad parameters and missing X-Registry-Auth: invalid X-Registry-Auth header: EOF'],
  ['POST /build?shmsize=x', 500, 'strconv.ParseInt: parsing "x": invalid syntax'],
  ['POST /containers/create', 400, 'BindOptions must not be specified on mount type "volume"', mount({ Type: 'volume', BindOptions: {} })],
  ['POST /v1.43/containers/create', 400, 'BindOptions.ReadOnlyForceRecursive needs API v1.44 or newer', mount({ Type: 'bind', Source: '/', BindOptions: { ReadOnlyForceRecursive: true } })],
  ['POST /v1.45/containers/create', 400, 'invalid config for network bridge: invalid MAC address x', { Image: 'busybox', MacAddress: 'x' }],
  ['POST /v1.45/containers/create', 400, 'the container-wide MAC address must match the endpoint-specific MAC address for the main network, or be left empty', {
    Image: 'busybox', MacAddress: '02:00:00:00:00:01', NetworkingConfig: { EndpointsConfig: { bridge: { MacAddress: '02:00:00:00:00:02' } } },
  }],
  ['POST /containers/create', 500, 'Invalid isolation: "x" - linux only supports \'default\'', { Image: 'busybox', HostConfig: { Isolation: 'x' } }],
  ['POST /containers/create', 400, 'Invalid value x for cpuset cpus: invalid format: x', { Image: 'busybox', HostConfig: { CpusetCpus: 'x' } }],
  ['POST /containers/create', 400, 'invalid JSON: json: cannot unmarshal number 1e3 into Go struct field CreateRequest.HostConfig.Memory of type int64', '{"Image":"busybox","HostConfig":{"Memory":1e3}}'],
  ['POST /containers/create', 400, 'invalid JSON: json: cannot unmarshal number 1.0 into Go struct field CreateRequest.StopTimeout of type int64', '{"Image":"busybox","StopTimeout":1.0}'],
  ['POST /containers/create', 400, 'invalid JSON: json: cannot unmarshal number -1 into Go struct field CreateRequest.HostConfig.ConsoleSize of type uint', '{"Image":"busybox","HostConfig":{"ConsoleSize":[-1,2]}}'],
  ['POST /networks/create', 400, 'invalid name: ', {}],
  ['POST /networks/create', 400, 'invalid network config:\ninvalid subnet : invalid CIDR block notation', { Name: 'x', IPAM: { Config: [{}] } }],
  ['POST /networks/create', 403, 'cannot create a swarm scoped network when swarm is not active', { Name: 'x', Scope: 'swarm' }],
  ['POST /networks/create', 403, 'Ingress network can only be global scope network', { Name: 'x', Ingress: true }],
  ['POST /networks/create', 404, 'configuration network "nono" does not exist', { Name: 'x', ConfigFrom: { Network: 'nono' } }],
  ['POST /networks/create', 400, 'failed to parse com.docker.network.driver.mtu value: x (strconv.Atoi: parsing "x": invalid syntax)', { Name: 'x', Options: { 'com.docker.network.driver.mtu': 'x' } }],
  ['POST /networks/create', 400, 'invalid MTU number: -1', { Name: 'x', Options: { 'com.docker.network.driver.mtu': '-1' } }],
  ['POST /networks/side/connect', 400, 'invalid MAC address x', { Container: 'made', EndpointConfig: { MacAddress: 'x' } }],
  ['POST /v1.51/networks/side/connect', 400, 'invalid endpoint settings:\nuser specified IP address is supported only when connecting to networks with user configured subnets', { Container: 'made', EndpointConfig: { IPAMConfig: { IPv4Address: '1.2.3.4' } } }],
  ['GET /containers/runs/archive', 400, 'bad parameter: pathcannot be empty'],
  ['GET /containers/runs/archive?path=/bin/sh/', 500, 'lstat /bin/sh/: not a directory'],
  ['PUT /containers/made/archive?path=/bin/sh', 500, 'extraction point is not a directory', ''],
  ['GET /containers/runs/stats?stream=1&one-shot=1', 400, 'cannot have stream=true and one-shot=true'],
  [`GET /containers/runs/top?ps_args=${encodeURIComponent('-o uid=PID,cmd')}`, 500, 'specifying "uid=PID,cmd" is not allowed'],
  [`GET /containers/runs/top?ps_args=-o${'+'.repeat(500_000)}uid=PID`, 500, 'specifying "uid=PID" is not allowed'],
  ['POST /containers/create', 400, 'invalid port specification: "70000"', bound('80/tcp', '70000')],
  ['POST /containers/create', 400, 'invalid port specification: "90-80"', bound('80/tcp', '90-80')],
  ['POST /containers/create', 400, 'invalid port specification: "80-81"', bound('80-81/tcp', '90-91')],
  ['POST /containers/create', 400, 'invalid mode: ro:z', { Image: 'busybox', HostConfig: { VolumesFrom: ['made:ro:z'] } }],
  ['POST /containers/create', 400, 'invalid mode: xx', { Image: 'busybox', HostConfig: { VolumesFrom: ['made:xx'] } }],
  ['POST /containers/create', 400, 'Conflicting options: Nano CPUs and CPU Quota cannot both be set', { Image: 'busybox', HostConfig: { NanoCpus: 10_000_000, CpuQuota: 1000 } }],
  ['POST /services/create', 400, "invalid JSON: invalid character 'x' looking for beginning of object key string", '{x'],
  ['POST /services/x/update?version=y', 400, 'unexpected content after JSON', '{} x'],
  ['POST /secrets/create', 503, 'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.', {}],
  ['POST /swarm/init', 400, 'invalid ListenAddr "": invalid empty address', {}],
  ['POST /swarm/update', 400, 'invalid swarm version \'\': strconv.ParseUint: parsing "": invalid syntax', {}],
  ['POST /services/x/update?version=-1', 400, 'invalid service version \'-1\': strconv.ParseUint: parsing "-1": invalid syntax', {}],
  ['POST /plugins/x/set', 400, 'invalid JSON: json: cannot unmarshal object into Go value of type []string', {}],
  ['POST /plugins/pull', 400, 'unexpected content after JSON', '[] x'],
  ['POST /plugins/x/upgrade', 400, "invalid JSON: invalid character 'x' looking for beginning of object key string", '{x'],
  ['POST /plugins/x/upgrade?remote=y', 404, 'plugin "x" not found'],
  ['DELETE /containers/', 400, 'invalid name or ID supplied: ""'],
  ['DELETE /images/', 400, 'image name cannot be blank'],
  ['POST /containers/nobody/kill?signal=NONO', 400, 'cannot kill container: nobody: invalid signal: NONO'],
  ['POST /containers/nobody/kill?signal=999', 400, 'cannot kill container: nobody: the linux daemon does not support signal 999'],
  ['POST /containers/nobody/kill?signal=9', 404, 'cannot kill container: nobody: No such container: nobody'],
  ['POST /containers/nobody/update', 400, 'Minimum memory limit allowed is 6MB', { Memory: 1 }],
  ['POST /containers/nobody/update', 400, "invalid restart policy: unknown policy 'x'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'", { RestartPolicy: { Name: 'x' } }],
  ['POST /containers/create', 400, 'stat /dev/nono: no such file or directory', { Image: 'busybox', HostConfig: { BlkioDeviceReadBps: [{ Path: '/dev/nono', Rate: 1 }] } }],
  ['GET /plugins/privileges', 500, 'invalid reference format'],
  ['POST /plugins/x/enable', 500, 'strconv.Atoi: parsing "": invalid syntax'],
];

for (const [request, status, message, body] of refusals) {
  test(`${request} ${body ? JSON.stringify(body).slice(0, 60) : ''}: ${status}`, async () => {
    const [method = '', path = ''] = request.split(' ');
    const told = errorOf(await (typeof body === 'string' ? call(daemon, method, path, Buffer.from(body), { 'Content-Type': 'application/json' }) : call(daemon, method, path, body)), status);
    if (message !== '') assert.equal(told, message); // '' where the daemon's own names are in it
  });
}

test('what nobody serves has none of the API\'s headers, what is refused has them', async () => {
  const nowhere = await call(daemon, 'GET', '/v1.45/nowhere');
  assert.deepEqual([nowhere.status, nowhere.headers['api-version'], nowhere.headers['server'], nowhere.headers['ostype']], [404, undefined, undefined, undefined]);
  const missing = await call(daemon, 'GET', '/v1.45/containers/nobody/json');
  assert.deepEqual([missing.status, missing.headers['ostype'], missing.headers['docker-experimental']], [404, 'linux', 'false']);
  assert.equal((await call(daemon, 'GET', '/v1.99/version')).headers['ostype'], 'linux');
});

test('a filter is its names, whatever is said of each; null is none; a slash may come escaped', async () => {
  const named = async (text: string) => (await call(daemon, 'GET', `/containers/json?all=1&${filters(text)}`)).json().map(({ Names }: { Names: string[] }) => Names[0]).toSorted();
  assert.deepEqual(await named('{"name":{"made":false}}'), ['/made']);
  assert.deepEqual(await named('{"name":null}'), ['/made', '/runs']);
  assert.deepEqual(await named('null'), ['/made', '/runs']);
  assert.deepEqual(await named('{"isolation":["hyperv"]}'), ['/made', '/runs']);
  assert.deepEqual(await named(JSON.stringify({ name: ['made', 'x'.repeat(100_000)] })), ['/made'], 'a target of Go\'s size is taken');
  assert.deepEqual(await named('{"ancestor":[]}'), []);
  assert.deepEqual(await named('{"name":["(?i)MADE"]}'), ['/made']);
  assert.deepEqual(await named('{"id":["^"]}'), []);
  const { Id: id } = (await call(daemon, 'GET', '/containers/made/json')).json();
  assert.deepEqual(await named(JSON.stringify({ id: [id] })), ['/made']);
  assert.equal((await call(daemon, 'GET', '/v1.45/containers/made%2Fjson')).json().Name, '/made');
});

test('what is bound but not exposed is not published; what has no network has none; any mode of users is a private one', async () => {
  const bound = { HostConfig: { PortBindings: { '80/tcp': [{ HostPort: '' }] } } };
  const look = async (body: object) => {
    const { Id: id } = (await call(daemon, 'POST', '/containers/create', { Image: 'busybox', Cmd: ['sleep', '1000'], ...body })).json();
    assert.equal((await call(daemon, 'POST', `/containers/${id}/start`)).status, 204);
    const container = (await call(daemon, 'GET', `/containers/${id}/json`)).json();
    assert.equal((await call(daemon, 'DELETE', `/containers/${id}?force=1`)).status, 204);
    return container;
  };
  assert.deepEqual((await look(bound)).NetworkSettings.Ports, {});
  assert.equal((await look({ ...bound, ExposedPorts: { '80/tcp': {} } })).NetworkSettings.Ports['80/tcp'].length, 2);
  assert.deepEqual((await look({ NetworkDisabled: true })).NetworkSettings.Networks, {});
  const mounted = await look({ HostConfig: { Mounts: [{ Type: 'tmpfs', Source: '', Target: '/x', ReadOnly: false, TmpfsOptions: { SizeBytes: 4096, Mode: 0 } }] } });
  assert.deepEqual(mounted.HostConfig.Mounts, [{ Type: 'tmpfs', Target: '/x', TmpfsOptions: { SizeBytes: 4096 } }]);
  assert.equal((await look({ HostConfig: { UsernsMode: 'keep-id' } })).HostConfig.UsernsMode, 'keep-id');
});

test('what happened, as dockerd tells it', async () => {
  const made = (body: object) => call(daemon, 'POST', '/containers/create', { Image: 'busybox', Cmd: ['sleep', '1000'], StopSignal: 'SIGKILL', HostConfig: { NetworkMode: 'none' }, ...body });
  const { Id: id } = (await made({ Labels: { own: '1' } })).json();
  for (const verb of ['start', 'stop']) {
    if (verb === 'stop') {
      const { Id: exec } = (await call(daemon, 'POST', `/containers/${id}/exec`, { Cmd: ['true'] })).json();
      assert.equal((await call(daemon, 'POST', `/exec/${exec}/start`, { Detach: true })).status, 200);
    }
    assert.equal((await call(daemon, 'POST', `/containers/${id}/${verb}`)).status, 204);
  }
  const { Id: image } = (await call(daemon, 'POST', `/commit?container=${id}`)).json();
  assert.equal((await call(daemon, 'DELETE', `/images/${image}`)).status, 200);
  assert.equal((await call(daemon, 'DELETE', `/containers/${id}`)).status, 204);
  const told = async (what: object) => {
    const { text } = await call(daemon, 'GET', `/v1.51/events?until=${Date.now() / 1000}&${filters(JSON.stringify(what))}`);
    return text.trim().split('\n').map((line) => JSON.parse(line));
  };
  const network = (await told({ type: ['network'] })).filter(({ Actor }) => Actor.Attributes.container === id);
  assert.deepEqual(network.map(({ Action, Actor }) => [Action, Actor.Attributes.name, Actor.Attributes.type]), [['connect', 'none', 'null'], ['disconnect', 'none', 'null']]);
  const execs = (await told({ container: [id], event: ['exec_create', 'exec_start'] })).map(({ Action }) => Action);
  assert.deepEqual(execs, ['exec_create: true ', 'exec_start: true ']);
  assert.deepEqual((await told({ type: ['image'], event: ['delete'] })).map(({ Actor }) => Actor), [{ ID: image, Attributes: { name: image } }]);
});

test('a start that failed is told by inspect as it was by start', async () => {
  const { Id: id } = (await call(daemon, 'POST', '/containers/create', { Image: 'busybox', Cmd: ['/nowhere'] })).json();
  const told = errorOf(await call(daemon, 'POST', `/containers/${id}/start`), 400);
  const { State: state } = (await call(daemon, 'GET', `/containers/${id}/json`)).json();
  assert.deepEqual([state.Status, state.Error, state.ExitCode], ['created', told, 127]);
  const { Id: seatless } = (await call(daemon, 'POST', '/containers/create', { Image: 'busybox', HostConfig: { NetworkMode: 'nowhere' } })).json();
  const missing = errorOf(await call(daemon, 'POST', `/containers/${seatless}/start`), 500);
  const { State: second } = (await call(daemon, 'GET', `/containers/${seatless}/json`)).json();
  assert.deepEqual([second.Status, second.Error, second.ExitCode], ['created', missing, 128]);
});

test('null, empty and absent are three things', async () => {
  const made = (await call(daemon, 'GET', '/v1.44/containers/made/json')).json();
  assert.equal(made.HostConfig.PortBindings, null);
  assert.deepEqual(made.NetworkSettings.Networks.side.Aliases, [made.Id.slice(0, 12), 'h']);
  assert.ok(!('GwPriority' in made.NetworkSettings.Networks.side) && 'DNSNames' in made.NetworkSettings.Networks.side);
  assert.equal((await call(daemon, 'GET', '/v1.48/containers/made/json')).json().NetworkSettings.Networks.side.GwPriority, 0);
  const [listed] = (await call(daemon, 'GET', `/v1.47/containers/json?${filters('{"name":["runs"]}')}`)).json();
  assert.ok(!('GwPriority' in listed.NetworkSettings.Networks.none) && listed.NetworkSettings.Networks.none.NetworkID !== '');
  assert.deepEqual((await call(daemon, 'POST', '/containers/made/update', { CpuShares: 2 })).json(), { Warnings: null });
  assert.equal((await call(daemon, 'GET', '/containers/made/stats?stream=0')).json().blkio_stats.io_serviced_recursive, null);
  assert.equal((await call(daemon, 'GET', '/v1.42/images/json')).json()[0].RepoDigests, null);
  assert.deepEqual((await call(daemon, 'GET', '/v1.43/images/json')).json()[0].RepoDigests, []);
  const usage = (await call(daemon, 'GET', '/v1.43/system/df')).json();
  assert.deepEqual([usage.Images[0].RepoDigests, usage.Images[0].VirtualSize > 0, 'BuilderSize' in usage], [null, true, false]);
  assert.equal((await call(daemon, 'POST', '/images/busybox/tag')).status, 200);
});

test('the container\'s own hardware address is spoken of once endpoints have theirs', async () => {
  const warnings = async (version: string) => {
    const answer = (await call(daemon, 'POST', `/v${version}/containers/create`, { Image: 'busybox', MacAddress: '02:00:00:00:00:01' })).json();
    await call(daemon, 'DELETE', `/containers/${answer.Id}`);
    return answer.Warnings;
  };
  assert.deepEqual(await warnings('1.43'), []);
  assert.deepEqual(await warnings('1.44'), ['The container-wide MacAddress field is now deprecated. It should be specified in EndpointsConfig instead.']);
});

test('a body that is too large is refused, and who reads no answer before all is sent has it too', async () => {
  const socket = connect(daemon.host.slice('unix://'.length));
  const size = 40 << 20;
  socket.write(`POST /volumes/create HTTP/1.1\r\nHost: d\r\nContent-Type: application/json\r\nContent-Length: ${size}\r\n\r\n`);
  await new Promise((resolve) => socket.write(Buffer.alloc(size, 'a'), resolve));
  socket.end();
  const answer = (await Array.fromAsync(socket as AsyncIterable<Buffer>)).join('');
  assert.match(answer, /^HTTP\/1.1 400 [\s\S]*\{"message":"invalid JSON: request body is larger than 16777216 bytes"\}\n$/);
});

test('who runs on the host\'s network or on none is found there, by an id that lasts as long as the run', async () => {
  const { Id: id } = (await call(daemon, 'GET', '/containers/runs/json')).json();
  const seat = async () => (await call(daemon, 'GET', '/containers/runs/json')).json().NetworkSettings.Networks.none;
  const seated = async () => (await call(daemon, 'GET', '/networks/none')).json().Containers;
  const { EndpointID: endpoint } = await seat();
  assert.match(endpoint, /^[0-9a-f]{64}$/);
  assert.deepEqual(await seated(), { [id]: { Name: 'runs', EndpointID: endpoint, MacAddress: '', IPv4Address: '', IPv6Address: '' } });
  await call(daemon, 'POST', '/containers/runs/restart?t=0');
  assert.notEqual((await seat()).EndpointID, endpoint);
  await call(daemon, 'POST', '/containers/runs/stop?t=0');
  assert.deepEqual([(await seat()).EndpointID, await seated()], ['', {}]);
  await call(daemon, 'POST', '/containers/runs/start');
});

test('a start that fails tells of the networks and volumes that it had', async () => {
  const since = Date.now() / 1000;
  const { Id: id } = (await call(daemon, 'POST', '/containers/create?name=fails', { Image: 'busybox', Cmd: ['/nono'], HostConfig: { NetworkMode: 'side', Binds: ['stock:/v'] } })).json();
  const why = errorOf(await call(daemon, 'POST', '/containers/fails/start'), 400);
  assert.deepEqual((await call(daemon, 'POST', '/containers/fails/wait')).json(), { StatusCode: 127, Error: { Message: why } });
  await call(daemon, 'DELETE', '/containers/fails');
  const told = (await call(daemon, 'GET', `/events?since=${since}&until=${Date.now() / 1000 + 0.1}`)).lines() as { Type: string; Action: string; Actor: { ID: string; Attributes: Record<string, string> } }[];
  const own = told.filter(({ Actor }) => Actor.ID === id || Actor.Attributes['container'] === id);
  assert.deepEqual(own.map(({ Type, Action }) => `${Type} ${Action}`), ['container create', 'network connect', 'volume mount', 'network disconnect', 'volume unmount', 'container destroy']);
});

test('a commit is over before the container goes on; its body is what the container\'s configuration is laid under', async () => {
  const since = Date.now() / 1000;
  const { Id: id } = (await call(daemon, 'GET', '/containers/runs/json')).json();
  const body = { Env: ['B=2'], Labels: { b: '2' }, Entrypoint: ['x'] };
  assert.equal((await call(daemon, 'POST', '/commit?container=runs&repo=kept', body)).status, 201);
  const told = (await call(daemon, 'GET', `/events?since=${since}&until=${Date.now() / 1000 + 0.1}`)).lines() as { Action: string; Actor: { ID: string } }[];
  assert.deepEqual(told.slice(told.findIndex(({ Action }) => Action === 'pause')).map(({ Action, Actor }) => [Action, Actor.ID === id]), [['pause', true], ['tag', false], ['commit', true], ['unpause', true]]);
  const { Config: config } = (await call(daemon, 'GET', '/v1.45/images/kept/json')).json();
  assert.deepEqual([config.Hostname, config.Env[0], config.Env[1]?.startsWith('PATH='), config.Labels, config.Entrypoint, config.Cmd], ['', 'B=2', true, { b: '2' }, ['x'], null]);
  await call(daemon, 'DELETE', '/images/kept');
});

test('a list shows a command with its arguments quoted where they hold spaces, its program never', async () => {
  const { Id: id } = (await call(daemon, 'POST', '/containers/create', { Image: 'busybox', Entrypoint: ['a b'], Cmd: ['c', 'd e'] })).json();
  const [{ Command: command }] = (await call(daemon, 'GET', `/containers/json?all=1&${filters(JSON.stringify({ id: [id] }))}`)).json();
  assert.equal(command, "a b c 'd e'");
  await call(daemon, 'DELETE', `/containers/${id}`);
});

test('what is empty is left out of a container\'s settings', async () => {
  const empty = { Mounts: [], Annotations: {}, StorageOpt: {}, Tmpfs: {}, Sysctls: {}, ConsoleSize: [7] };
  const { Id: id } = (await call(daemon, 'POST', '/containers/create', { Image: 'busybox', HostConfig: empty })).json();
  const { HostConfig: host } = (await call(daemon, 'GET', `/containers/${id}/json`)).json();
  assert.deepEqual(Object.keys(empty).filter((name) => name in host), ['ConsoleSize']);
  assert.deepEqual(host.ConsoleSize, [7, 0]);
  await call(daemon, 'DELETE', `/containers/${id}`);
});

test('volumes of another container come without the mode that it has them in; a container in the host\'s UTS namespace keeps a name of its own', async () => {
  await call(daemon, 'POST', '/containers/create?name=has', { Image: 'busybox', HostConfig: { Binds: ['stock:/v:z'] } });
  const { Id: id } = (await call(daemon, 'POST', '/containers/create', { Image: 'busybox', HostConfig: { VolumesFrom: ['has:ro'], UTSMode: 'host' } })).json();
  const { Mounts: [mount], Config: config } = (await call(daemon, 'GET', `/containers/${id}/json`)).json();
  assert.deepEqual([mount.Mode, mount.RW, config.Hostname], ['', false, id.slice(0, 12)]);
  await call(daemon, 'DELETE', `/containers/${id}`);
  await call(daemon, 'DELETE', '/containers/has');
});

test('top takes words of ps that select nothing by themselves', async () => {
  for (const words of ['o pid,cmd', 'eopid,cmd', 'u', 'axf', '-C sleep -o pid,cmd']) {
    const { Titles, Processes } = (await call(daemon, 'GET', `/containers/runs/top?ps_args=${encodeURIComponent(words)}`)).json();
    assert.equal(Processes?.length, 1, words);
    assert.match(Processes[0].at(-1), /sleep 1000/);
    assert.ok(Titles.includes('PID'));
  }
});

test('an exec as another user is in the groups of --group-add too; a directory that it cannot run is told as by dockerd', async () => {
  const { Id: id } = (await call(daemon, 'POST', '/containers/create', { Image: 'busybox', Cmd: ['sleep', '1000'], HostConfig: { NetworkMode: 'none', GroupAdd: ['5', '777'] } })).json();
  await call(daemon, 'POST', `/containers/${id}/start`);
  const said = async (body: object) => {
    const { Id: exec } = (await call(daemon, 'POST', `/containers/${id}/exec`, { AttachStdout: true, ...body })).json();
    const { text } = await call(daemon, 'POST', `/exec/${exec}/start`, {});
    return [text.slice(8).trim(), (await call(daemon, 'GET', `/exec/${exec}/json`)).json().ExitCode];
  };
  assert.deepEqual(await said({ Cmd: ['id', '-G'], User: '1' }), ['0 5 777', 0]);
  assert.deepEqual(await said({ Cmd: ['/etc'] }), ['OCI runtime exec failed: exec failed: unable to start container process: exec: "/etc": is a directory: unknown: permission denied', 126]);
  const { Id: other } = (await call(daemon, 'POST', '/containers/create', { Image: 'busybox', Cmd: ['true'], HostConfig: { NetworkMode: 'none', IpcMode: `container:${id}` } })).json();
  assert.match(errorOf(await call(daemon, 'POST', `/containers/${other}/start`), 400), /non-shareable IPC/);
  for (const container of [other, id]) await call(daemon, 'DELETE', `/containers/${container}?force=1`);
});

test('what happened before info was asked is not later than the time that info tells', async () => {
  await call(daemon, 'POST', '/containers/runs/pause');
  await call(daemon, 'POST', '/containers/runs/unpause');
  const until = (await call(daemon, 'GET', '/info')).json().SystemTime as string;
  const [seconds = '', fraction = ''] = [String(Math.floor(Date.parse(until) / 1000)), /\.(\d+)Z$/.exec(until)?.[1]];
  const events = (await call(daemon, 'GET', `/events?since=1&until=${seconds}.${fraction.padEnd(9, '0')}&${filters('{"event":["unpause"]}')}`)).lines();
  assert.ok(BigInt(seconds) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0')) >= BigInt(events.at(-1).timeNano.toString().slice(0, 16) + '000'));
  assert.equal(events.at(-1).Actor.Attributes.name, 'runs');
  assert.ok(fraction.length > 3, 'to the nanosecond');
});

test('a volume has nothing at a subpath that is not there: the mount is not found', async () => {
  const { Id: id } = (await call(daemon, 'POST', '/containers/create', { Image: 'busybox', HostConfig: { Mounts: [{ Type: 'volume', Source: 'stock', Target: '/x', VolumeOptions: { Subpath: 'nowhere' } }] } })).json();
  assert.match(errorOf(await call(daemon, 'POST', `/containers/${id}/start`), 404), /^cannot access path \S+\/nowhere: lstat \S+\/nowhere: no such file or directory$/);
  await call(daemon, 'DELETE', `/containers/${id}`);
});
