/** Completion as a user has it: the script of `naru completion SHELL` in that shell, on a real terminal, at the TAB key. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { FakeEngine } from '../../packages/cli/testing/fake-engine.ts';
import { root } from '../support/command.ts';
import { Terminal } from '../support/terminal.ts';

const shells = {
  bash: { arguments: ['--noprofile', '--rcfile', 'rc', '-i'], file: 'rc', text: 'PS1="ready> "; bind "set show-all-if-ambiguous on"; bind "set enable-bracketed-paste off"; source <(naru completion bash)' },
  zsh: { arguments: ['-i'], file: '.zshrc', text: 'PS1="ready> "; unsetopt prompt_sp list_ambiguous; autoload -Uz compinit; compinit -u -D; source <(naru completion zsh)' },
  fish: { arguments: ['-i'], file: '.config/fish/config.fish', text: 'function fish_prompt; echo -n "ready> "; end; set -g fish_greeting; set -g fish_autosuggestion_enabled 0; naru completion fish | source' },
} as const;

/** A name that only an unkind engine has, and that is a name all the same. */
const odd = 'odd $(touch spoilt) `touch spoilt`;touch spoilt&\'n\\a"me';

/** What is typed before TAB, and the arguments that the command then has when `Z` and Enter follow; where there are two candidates, what is listed. */
const lines: readonly (readonly [typed: string, args: string, lists?: readonly RegExp[]])[] = [
  ['netw', '<network><Z>'],
  ['network pr', '<network><prune><Z>'],
  ['stop wo', '<stop><worker><Z>'],
  ['stop web ', '<stop><web><worker><Z>'],
  ['stop "w e" web wo', '<stop><w e><web><worker><Z>'],
  ['start ', '<start><idle><Z>'],
  ['rmi x:', '<rmi><x:1><Z>'],
  ['network rm back', '<network><rm><backend><Z>'],
  ['network rm od', `<network><rm><${odd}><Z>`],
  ['network rm "od', `<network><rm><${odd}><Z>`],
  ["network rm 'od", `<network><rm><${odd}><Z>`],
  ['volume rm d', '<volume><rm><data><Z>'],
  ['context use d', '<context><use><default><Z>'],
  ['run --pull m', '<run><--pull><missing><Z>'],
  ['run --network=back', '<run><--network=backend><Z>'],
  ['ps --filter health=un', '<ps><--filter><health=unhealthy><Z>'],
  ['ps --filter st', '<ps><--filter><status=Z>'],
  ['cp wo', '<cp><worker:Z>'],
  ['build su', '<build><sub/Z>'],
  ['build -f Rec', '<build><-f><Recipe><Z>'],
  ['build --file=Rec', '<build><--file=Recipe><Z>'],
  ['run -m512m x', '<run><-m512m><x:1><Z>'],
  ['run --rm x cat Rec', '<run><--rm><x><cat><Recipe><Z>'],
  ['stop --no-such', '<stop><--no-suchZ>'],
  ['run --netw', '<run><--networkZ>', [/Connect a container to a network/, /Add network-scoped alias/]],
];

const answers = (): Record<string, unknown> => {
  const container = (name: string, State: string) => ({ Id: name, Names: [`/${name}`], Image: 'x', ImageID: '', Command: '', Created: 0, State, Status: '', HostConfig: {}, Mounts: [] });
  const running = [container('worker', 'running'), container('web', 'running')];
  return {
    '/containers/json': running, '/containers/json?all=1': [...running, container('idle', 'exited')], '/networks': [{ Name: 'backend' }, { Name: odd }, { Name: 'none' }, { Name: 'odd\u001b[2J' }],
    '/volumes': { Volumes: [{ Name: 'data' }] }, '/images/json': [{ Id: 'x', RepoTags: ['x:1', 'y:1'] }],
  };
};

describe('completion', { concurrency: true }, () => {
  for (const name of Object.keys(shells) as (keyof typeof shells)[]) {
    test(`in ${name}`, async () => {
      const home = await scene(name);
      const canned = Object.entries(answers()).flatMap(([target, body]) => Array.from({ length: 40 }, () => ({ method: 'GET', target, body: JSON.stringify(body) })));
      try {
        await using engine = await FakeEngine.start(canned);
        await using terminal = new Terminal('sh', ['-c', 'cd "$HOME"; exec "$@"', 'sh', name, ...shells[name].arguments], {
          HOME: home, ZDOTDIR: home, XDG_CONFIG_HOME: join(home, '.config'), XDG_DATA_HOME: join(home, '.local'), HISTFILE: '/dev/null', LANG: 'C.UTF-8', PATH: `${home}:${process.env['PATH']}`, DOCKER_HOST: engine.host, DOCKER_CONFIG: home,
        });
        for (const [typed, args, lists = []] of lines) {
          await terminal.expect(/ready> /);
          terminal.type(`naru ${typed}\t`);
          for (const pattern of lists) await terminal.expect(pattern);
          terminal.type('Z\r');
          assert.equal(await terminal.expect(/<ran>.*/), `<ran>${args}`, typed);
        }
        terminal.type('exit\r');
        await terminal.exit();
        assert.ok(!existsSync(join(home, 'spoilt')), 'a name was evaluated');
      } finally {
        await rm(home, { recursive: true, force: true });
      }
    });
  }
});

/** A home with the shell's configuration, files to complete, and a `naru` that tells its arguments unless it is asked to complete. */
async function scene(shell: keyof typeof shells): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), `naru-${shell}-`));
  const { file, text } = shells[shell];
  await mkdir(join(home, 'sub'));
  await mkdir(dirname(join(home, file)), { recursive: true });
  await writeFile(join(home, 'Recipe'), '');
  await writeFile(join(home, file), text);
  await writeFile(join(home, 'naru'), `#!/bin/sh\ncase $1 in __complete | completion) exec '${join(root, 'bin/naru')}' "$@" ;; esac\nprintf '<%s>' ran "$@"\necho\n`, { mode: 0o755 });
  return home;
}
