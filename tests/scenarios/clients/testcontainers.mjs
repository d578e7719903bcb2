/** What test suites do through testcontainers: DOCKER_HOST names the daemon, which has `debian:12` and `busybox:latest`. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { RedisContainer } from '@testcontainers/redis';
import { GenericContainer, Network, Wait } from 'testcontainers';

const redis = new URL('redis/', import.meta.url).pathname;
const web = new URL('application/web/', import.meta.url).pathname;

/** @type {Record<string, () => Promise<void>>} */
export const checks = {
  async 'an image of ours for the Redis module'() {
    await GenericContainer.fromDockerfile(redis).withCache(true).build('redis:7', { deleteOnExit: false });
  },

  async 'the Redis module: waits for its log line, answers at its port, takes its password'() {
    await using container = await new RedisContainer('redis:7').withPassword('secret').start();
    assert.match(await sent(container.getHost(), container.getPort(), 'AUTH secret\r\nSET key value\r\nGET key\r\nQUIT\r\n'), /^\+OK\r\n\+OK\r\n\$5\r\nvalue\r\n/);
    const { output, exitCode, stdout, stderr } = await container.exec(['sh', '-c', 'echo out; echo err >&2; exit 3']);
    assert.deepEqual([exitCode, stdout, stderr, output.length], [3, 'out\n', 'err\n', 8]);
    assert.match(await firstChunk(await container.logs()), /Redis|oO0/);
    await using open = await new RedisContainer('redis:7').start();
    assert.equal(await open.executeCliCmd('SET', ['key', 'value']).then(lastLine), 'OK');
    await open.restart();
    assert.match(await sent(open.getHost(), open.getPort(), 'PING\r\nQUIT\r\n'), /PONG/);
  },

  async 'a generic container: files copied in, environment, ports that listen'() {
    await using container = await new GenericContainer('busybox')
      .withCommand(['httpd', '-f', '-h', '/srv', '-p', '8080'])
      .withCopyContentToContainer([{ content: 'copied', target: '/srv/index.html', mode: 0o644 }])
      .withEnvironment({ A: 'b' })
      .withLabels({ tc: '1' })
      .withTmpFs({ '/scratch': 'rw,size=1m' })
      .withResourcesQuota({ memory: 0.125, cpu: 0.5 })
      .withExposedPorts(8080)
      .withWaitStrategy(Wait.forAll([Wait.forListeningPorts(), Wait.forHttp('/', 8080).forStatusCode(200)]))
      .start();
    const response = await fetch(`http://${container.getHost()}:${container.getMappedPort(8080)}/`);
    assert.equal(await response.text(), 'copied');
    assert.equal((await container.exec(['sh', '-c', 'echo $A'])).output, 'b\n');
    assert.equal(container.getLabels().tc, '1');
    const archive = await text(await container.copyArchiveFromContainer('/srv/index.html'));
    assert.match(archive, /copied/);
  },

  async 'waits: for health, for a command, for a one-shot end'() {
    await using healthy = await new GenericContainer('busybox')
      .withCommand(['sh', '-c', 'touch /ready; sleep 100'])
      .withHealthCheck({ test: ['CMD-SHELL', 'test -e /ready'], interval: 200, timeout: 1000, retries: 20, startPeriod: 0 })
      .withWaitStrategy(Wait.forHealthCheck())
      .start();
    assert.ok(healthy.getId());
    await using successful = await new GenericContainer('busybox')
      .withCommand(['sh', '-c', 'sleep 0.2; touch /done; sleep 100'])
      .withWaitStrategy(Wait.forSuccessfulCommand('test -e /done'))
      .start();
    assert.ok(successful.getId());
    await using ended = await new GenericContainer('busybox').withCommand(['true']).withWaitStrategy(Wait.forOneShotStartup()).start();
    assert.ok(ended.getId());
    await assert.rejects(new GenericContainer('busybox').withCommand(['false']).withWaitStrategy(Wait.forOneShotStartup()).start());
    const late = new GenericContainer('busybox').withCommand(['sleep', '100']).withWaitStrategy(Wait.forLogMessage('never')).withStartupTimeout(300);
    await assert.rejects(late.start(), /never/);
  },

  async 'a network between two containers, by alias'() {
    await using network = await new Network().start();
    const image = await GenericContainer.fromDockerfile(web).withBuildArgs({ FROM_BUILD: 'built' }).build();
    await using server = await image.withNetwork(network).withNetworkAliases('server').withEnvironment({ GREETING: 'hi' }).withExposedPorts(80).start();
    await using client = await new GenericContainer('busybox').withNetwork(network).withCommand(['sleep', '100']).start();
    assert.equal((await client.exec(['wget', '-q', '-O', '-', 'http://server/'])).output, 'hi built\n');
    assert.ok(server.getIpAddress(network.getName()));
  },

  async 'a running container becomes an image'() {
    await using container = await new GenericContainer('busybox').withCommand(['sleep', '100']).start();
    await container.copyContentToContainer([{ content: 'kept', target: '/kept' }]);
    const id = await container.commit({ repo: 'tc-commit', tag: '1', deleteOnExit: false });
    assert.match(id, /^sha256:/);
    await using again = await new GenericContainer('tc-commit:1').withCommand(['sleep', '100']).start();
    assert.equal((await again.exec('cat /kept')).output, 'kept');
  },
};

function lastLine(output) {
  return output.trim().split('\n').at(-1);
}

function sent(host, port, message) {
  const socket = connect(port, host);
  socket.write(message);
  return text(socket);
}

async function firstChunk(stream) {
  for await (const chunk of stream) return chunk.toString();
  return '';
}
