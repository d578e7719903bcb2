"""What programs do through Debian's python3-docker, against a daemon that has busybox:latest.

DOCKER_HOST names the daemon, REGISTRY a registry that takes every push.
"""
import io
import os
import tarfile
import time
import unittest

import docker
from docker import errors
from docker.types import Mount, Ulimit

REGISTRY = os.environ['REGISTRY']


class Case(unittest.TestCase):
    def setUp(self):
        self.docker = docker.from_env(timeout=240)
        self.addCleanup(self.docker.close)

    def sleeper(self, **options):
        container = self.docker.containers.run('busybox', 'sleep 1000', detach=True, init=True, **options)
        self.addCleanup(container.remove, force=True, v=True)
        return container


class Containers(Case):
    def test_run_gives_what_was_printed(self):
        self.assertEqual(self.docker.containers.run('busybox', ['echo', 'hello'], remove=True), b'hello\n')
        both = self.docker.containers.run('busybox', 'sh -c "echo out; echo err >&2"', stderr=True, remove=True)
        self.assertEqual(sorted(both.split()), [b'err', b'out'])

    def test_run_that_fails_raises_with_stderr(self):
        with self.assertRaises(errors.ContainerError) as caught:
            self.docker.containers.run('busybox', 'sh -c "echo why >&2; exit 9"')
        self.assertEqual(caught.exception.exit_status, 9)
        self.assertIn('why', str(caught.exception))
        caught.exception.container.remove()

    def test_missing_image_and_name_in_use(self):
        with self.assertRaises(errors.ImageNotFound):
            self.docker.containers.create(f'{REGISTRY}/none/such:1')
        self.sleeper(name='py-named')
        with self.assertRaises(errors.APIError) as caught:
            self.docker.containers.create('busybox', name='py-named')
        self.assertEqual(caught.exception.status_code, 409)
        with self.assertRaises(errors.NotFound):
            self.docker.containers.get('py-none')

    def test_life(self):
        container = self.docker.containers.create('busybox', 'sleep 1000', name='py-life', labels={'py': '1'}, stop_signal='KILL')
        self.addCleanup(container.remove, force=True)
        self.assertEqual(container.status, 'created')
        container.start()
        container.reload()
        self.assertEqual((container.status, container.name, container.labels), ('running', 'py-life', {'py': '1'}))
        container.pause()
        container.reload()
        self.assertEqual(container.status, 'paused')
        container.unpause()
        container.rename('py-life-2')
        container.restart(timeout=1)
        self.assertEqual([each.name for each in self.docker.containers.list(filters={'label': 'py=1'})], ['py-life-2'])
        container.stop(timeout=1)
        self.assertEqual(container.wait()['StatusCode'], 137)
        self.assertEqual(self.docker.containers.list(filters={'label': 'py=1'}), [])

    def test_options_are_in_force(self):
        container = self.sleeper(
            mem_limit='64m', nano_cpus=500_000_000, pids_limit=50, shm_size='8m', hostname='py-host', user='65534:65534',
            working_dir='/tmp', environment={'A': 'b'}, cap_drop=['ALL'], read_only=True, tmpfs={'/run': 'size=1m'},
            ulimits=[Ulimit(name='nofile', soft=77, hard=88)], sysctls={'net.ipv4.ip_forward': '1'}, extra_hosts={'far': '192.0.2.9'},
            dns=['192.0.2.53'], security_opt=['no-new-privileges'], group_add=['7'])
        script = 'hostname; id -u; pwd; echo $A; ulimit -n; cat /proc/sys/net/ipv4/ip_forward; grep -c 192.0.2.9 /etc/hosts; ' \
            'grep CapEff /proc/self/status; touch /x 2>/dev/null || echo read-only; id -G'
        code, output = container.exec_run(['sh', '-c', script])
        self.assertEqual(code, 0)
        self.assertEqual(output.decode().split('\n')[:10], [
            'py-host', '65534', '/tmp', 'b', '77', '1', '1', 'CapEff:\t0000000000000000', 'read-only', '65534 7'])

    def test_exec(self):
        container = self.sleeper()
        code, (out, err) = container.exec_run('sh -c "echo out; echo err >&2; exit 4"', demux=True)
        self.assertEqual((code, out, err), (4, b'out\n', b'err\n'))
        _, stream = container.exec_run('sh -c "echo 1; sleep 0.2; echo 2"', stream=True)
        self.assertEqual(b''.join(stream), b'1\n2\n')
        code, _ = container.exec_run('nothing-of-that-name')
        self.assertIn(code, (126, 127))
        for _ in range(5):
            # The client sends head and body of its request apart: what follows the body must not be lost.
            _, sock = container.exec_run('cat', stdin=True, socket=True)
            sock._sock.sendall(b'typed\n')
            self.assertEqual(sock._sock.recv(100)[8:], b'typed\n')
            sock.close()
        made = self.docker.api.exec_create(container.id, 'true')
        self.docker.api.exec_start(made['Id'], detach=True)
        wait(lambda: not self.docker.api.exec_inspect(made['Id'])['Running'])

    def test_logs(self):
        container = self.docker.containers.run('busybox', 'sh -c "echo a; sleep 0.3; echo b; echo c >&2"', detach=True)
        self.addCleanup(container.remove)
        self.assertEqual(sorted(b''.join(container.logs(stream=True, follow=True)).split()), [b'a', b'b', b'c'])
        self.assertEqual(container.logs(stderr=False), b'a\nb\n')
        # The tail is taken before the streams are parted.
        self.assertEqual(container.logs(tail=1), b'c\n')
        self.assertEqual(container.logs(stderr=False, tail=2), b'b\n')
        self.assertRegex(container.logs(stdout=False, timestamps=True), rb'^\d{4}-\d\d-\d\dT[\d:.]+Z c\n$')
        self.assertEqual(container.logs(since=int(time.time()) + 100), b'')

    def test_attach(self):
        container = self.docker.containers.create('busybox', 'sh -c "read x; echo got $x"', stdin_open=True)
        self.addCleanup(container.remove, force=True)
        sock = container.attach_socket(params={'stdin': 1, 'stdout': 1, 'stream': 1})
        container.start()
        sock._sock.sendall(b'this\n')
        self.assertEqual(sock._sock.recv(100)[8:], b'got this\n')
        sock.close()

    def test_archives(self):
        container = self.sleeper(volumes={'py-read-only': {'bind': '/ro', 'mode': 'ro'}})
        self.assertTrue(container.put_archive('/tmp', tar_of('a.txt', b'bytes', uid=1042, gid=1043)))
        self.assertEqual(container.exec_run('stat -c %u:%g /tmp/a.txt').output, b'1042:1043\n')
        stream, stat = container.get_archive('/tmp/a.txt')
        self.assertEqual((stat['name'], stat['size']), ('a.txt', 5))
        with tarfile.open(fileobj=io.BytesIO(b''.join(stream))) as archive:
            self.assertEqual(archive.extractfile('a.txt').read(), b'bytes')
        with self.assertRaises(errors.NotFound):
            container.get_archive('/none')
        with self.assertRaises(errors.APIError):
            container.put_archive('/ro', tar_of('a.txt', b''))
        self.assertIn({'Path': '/tmp/a.txt', 'Kind': 1}, container.diff())
        self.assertGreater(len(b''.join(container.export())), 10_000)

    def test_stats_top_and_update(self):
        container = self.sleeper()
        first = container.stats(stream=False)
        self.assertGreater(first['memory_stats']['usage'], 0)
        self.assertEqual(next(container.stats(decode=True))['id'], container.id)
        self.assertIn('sleep 1000', container.top()['Processes'][-1][-1])
        container.update(mem_limit='32m', memswap_limit='32m')
        container.reload()
        self.assertEqual(container.attrs['HostConfig']['Memory'], 32 << 20)

    def test_prune(self):
        self.docker.containers.run('busybox', 'true', detach=True, labels={'py-prune': '1'}).wait()
        pruned = self.docker.containers.prune(filters={'label': 'py-prune'})
        self.assertEqual(len(pruned['ContainersDeleted']), 1)


class Images(Case):
    def test_build(self):
        dockerfile = b'FROM busybox\nARG V=1\nLABEL v=$V\nRUN echo built-$V > /v\nCMD ["cat", "/v"]\n'
        image, lines = self.docker.images.build(fileobj=io.BytesIO(dockerfile), tag='py-built', buildargs={'V': '2'}, rm=True, labels={'more': 'yes'})
        self.addCleanup(self.docker.images.remove, 'py-built')
        self.assertEqual(image.labels, {'v': '2', 'more': 'yes'})
        self.assertTrue(any('Successfully built' in line.get('stream', '') for line in lines))
        self.assertEqual(self.docker.containers.run('py-built', remove=True), b'built-2\n')
        with self.assertRaises(errors.BuildError) as caught:
            self.docker.images.build(fileobj=io.BytesIO(b'FROM busybox\nRUN exit 3\n'), forcerm=True)
        self.assertIn('returned a non-zero code: 3', str(caught.exception))
        with self.assertRaises(errors.APIError):
            self.docker.images.build(fileobj=io.BytesIO(b'FRO busybox\n'))

    def test_push_pull_and_registry_data(self):
        image = self.docker.images.get('busybox')
        self.assertTrue(image.tag(f'{REGISTRY}/py/bb', '1'))
        pushed = list(self.docker.images.push(f'{REGISTRY}/py/bb', '1', stream=True, decode=True))
        digest = next(line['aux']['Digest'] for line in pushed if 'aux' in line)
        self.docker.images.remove(f'{REGISTRY}/py/bb:1')
        self.assertEqual(self.docker.images.get_registry_data(f'{REGISTRY}/py/bb:1').id, digest)
        pulled = self.docker.images.pull(f'{REGISTRY}/py/bb', tag='1')
        self.assertIn(f'{REGISTRY}/py/bb:1', pulled.tags)
        self.assertEqual(self.docker.images.pull(f'{REGISTRY}/py/bb@{digest}').id, pulled.id)
        self.docker.images.remove(f'{REGISTRY}/py/bb:1', force=True)
        with self.assertRaises(errors.NotFound):
            self.docker.images.pull(f'{REGISTRY}/py/bb', tag='2')

    def test_save_load_and_import(self):
        image = self.docker.images.get('busybox')
        image.tag('py-saved', 'x')
        archive = b''.join(self.docker.images.get('py-saved:x').save(named='py-saved:x'))
        self.docker.images.remove('py-saved:x')
        self.assertEqual([each.tags for each in self.docker.images.load(archive)], [image.tags + ['py-saved:x']])
        self.docker.images.remove('py-saved:x')
        self.assertGreater(len(image.history()), 0)
        self.docker.api.import_image_from_data(tar_of('file', b'x'), repository='py-imported', tag='1')
        self.docker.images.remove('py-imported:1')
        with self.assertRaises(errors.DockerException):
            self.docker.images.load(b'not a tar')

    def test_commit(self):
        container = self.sleeper()
        container.exec_run('touch /made')
        image = container.commit(repository='py-commit', tag='1', message='m', author='a', conf={'Cmd': ['ls', '/made']})
        self.addCleanup(self.docker.images.remove, image.id, force=True)
        self.assertEqual(self.docker.containers.run(image.id, remove=True), b'/made\n')
        self.assertEqual((image.attrs['Comment'], image.attrs['Author']), ('m', 'a'))


class Rest(Case):
    def test_networks(self):
        pool = docker.types.IPAMPool(subnet='10.199.8.0/24', gateway='10.199.8.254')
        network = self.docker.networks.create('py-net', driver='bridge', ipam=docker.types.IPAMConfig(pool_configs=[pool]), labels={'py': 'n'})
        self.addCleanup(network.remove)
        with self.assertRaises(errors.APIError):
            self.docker.networks.create('py-net-2', driver='bridge', ipam=docker.types.IPAMConfig(pool_configs=[pool]))
        one = self.sleeper(name='py-one', network='py-net')
        two = self.sleeper()
        network.connect(two, ipv4_address='10.199.8.9', aliases=['second'])
        network.reload()
        self.assertEqual(sorted(each.id for each in network.containers), sorted([one.id, two.id]))
        self.assertEqual(one.exec_run('ping -c 1 -W 2 second').exit_code, 0)
        network.disconnect(two)
        self.assertEqual([each.name for each in self.docker.networks.list(filters={'label': 'py=n'})], ['py-net'])
        network.disconnect(one, force=True)
        two.reload()
        self.assertNotIn('py-net', two.attrs['NetworkSettings']['Networks'])

    def test_volumes(self):
        volume = self.docker.volumes.create('py-vol', labels={'py': 'v'})
        mount = Mount(target='/v', source='py-vol', type='volume')
        self.docker.containers.run('busybox', 'sh -c "echo x > /v/f"', mounts=[mount], remove=True)
        read = self.docker.containers.run('busybox', 'cat /v/f', volumes={'py-vol': {'bind': '/v', 'mode': 'ro'}}, remove=True)
        self.assertEqual(read, b'x\n')
        self.assertEqual([each.name for each in self.docker.volumes.list(filters={'label': 'py=v'})], ['py-vol'])
        volume.remove()
        with self.assertRaises(errors.NotFound):
            self.docker.volumes.get('py-vol')

    def test_ports(self):
        container = self.docker.containers.run('busybox', 'httpd -f -p 80', ports={'80/tcp': ('127.0.0.1', None)}, detach=True, init=True)
        self.addCleanup(container.remove, force=True)
        container.reload()
        self.assertEqual(container.ports['80/tcp'][0]['HostIp'], '127.0.0.1')
        self.assertGreater(int(container.ports['80/tcp'][0]['HostPort']), 0)

    def test_ports_as_its_older_interface_writes_them(self):
        api = self.docker.api
        bindings = {'53/udp': ('127.0.0.1',), '80/tcp': None}
        made = api.create_container('busybox', 'sleep 1000', ports=['53/udp', 80, (90, 'udp')], host_config=api.create_host_config(port_bindings=bindings, init=True))
        self.addCleanup(api.remove_container, made['Id'], force=True)
        api.start(made['Id'])
        ports = api.inspect_container(made['Id'])['NetworkSettings']['Ports']
        self.assertEqual(sorted(ports), ['53/udp', '80/tcp', '90/udp'])
        self.assertEqual([len(ports['53/udp']), len(ports['80/tcp']), ports['90/udp']], [1, 2, None])
        self.assertEqual(api.port(made['Id'], 53), ports['53/udp'])

    def test_only_the_networks_that_are_named(self):
        network = self.docker.networks.create('py-named-net')
        self.addCleanup(network.remove)
        api = self.docker.api
        made = api.create_container('busybox', 'true', networking_config=api.create_networking_config({'py-named-net': api.create_endpoint_config(aliases=['known'])}))
        self.addCleanup(api.remove_container, made['Id'], force=True)
        api.start(made['Id'])
        api.wait(made['Id'])
        networks = api.inspect_container(made['Id'])['NetworkSettings']['Networks']
        self.assertEqual({name: seat['NetworkID'] for name, seat in networks.items()}, {'py-named-net': network.id})
        self.assertIn('known', networks['py-named-net']['Aliases'])

    def test_own_address(self):
        container = self.sleeper()
        container.reload()
        settings = container.attrs['NetworkSettings']
        self.assertTrue(settings['IPAddress'])
        self.assertEqual(settings['IPAddress'], settings['Networks']['bridge']['IPAddress'])

    def test_events(self):
        events = self.docker.events(decode=True, filters={'type': 'container', 'label': 'py-event'})
        self.docker.containers.run('busybox', 'true', labels={'py-event': '1'}, remove=True)
        actions = []
        for event in events:
            actions.append(event['status'])
            self.assertEqual(event['id'], event['Actor']['ID'])
            if event['Action'] == 'destroy':
                break
        self.assertEqual([each for each in actions if each != 'attach'], ['create', 'start', 'die', 'destroy'])
        events.close()

    def test_system(self):
        self.assertTrue(self.docker.ping())
        self.assertEqual(self.docker.version()['Os'], 'linux')
        self.assertEqual(self.docker.info()['OSType'], 'linux')
        self.assertGreater(len(self.docker.df()['Images']), 0)
        with self.assertRaises(errors.APIError) as caught:
            self.docker.swarm.reload()
        self.assertEqual(caught.exception.status_code, 503)


def tar_of(name, content, **attributes):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode='w') as archive:
        info = tarfile.TarInfo(name)
        info.size = len(content)
        for key, value in attributes.items():
            setattr(info, key, value)
        archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def wait(condition):
    for _ in range(2400):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError('not within two minutes')


if __name__ == '__main__':
    unittest.main(verbosity=2)
