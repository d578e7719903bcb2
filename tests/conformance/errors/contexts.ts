/** Build contexts with one mistake each, by the names that the ledger's commands use. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

type Files = Readonly<Record<string, string>>;

const contexts: Readonly<Record<string, Files>> = {
  empty: {},
  e0: { Dockerfile: '' },
  e2: { Dockerfile: 'FROM bb\nFOO x\n' },
  e3: { Dockerfile: 'FROM bb\nCPOY a /\n' },
  e4: { Dockerfile: 'RUN true\n' },
  e6: { Dockerfile: 'FROM localhost:5000/led/nope:1\n' },
  e8: { Dockerfile: 'FROM Bad:ref:x\n' },
  e9: { Dockerfile: 'FROM bb\nCOPY nope.txt /\n' },
  e10: { Dockerfile: 'FROM bb\nCOPY *.zzz /\n' },
  e13: { Dockerfile: 'FROM bb\nCOPY a b /dst\n', a: 'a', b: 'b' },
  e14: { Dockerfile: 'FROM bb\nCOPY --from=nostage /a /\n' },
  e15: { Dockerfile: 'FROM bb\nCOPY --foo=1 a /\n', a: 'a' },
  e17: { Dockerfile: 'FROM bb\nRUN nosuchcmd\n' },
  e19: { Dockerfile: 'FROM bb\nRUN\n' },
  e21: { Dockerfile: 'FROM bb\nEXPOSE abc\n' },
  e22: { Dockerfile: 'FROM bb\nENV A\n' },
  e24: { Dockerfile: 'FROM bb AS x\n' },
  e25: { Dockerfile: 'FROM bb AS x\nFROM bb AS x\n' },
  e28: { Dockerfile: 'FROM bb\n' },
  e29: { Dockerfile: 'FROM bb\nHEALTHCHECK FOO\n' },
  e30: { Dockerfile: 'FROM bb\nONBUILD ONBUILD RUN true\n' },
  e34: { Dockerfile: 'FROM bb\nSHELL sh -c\n' },
  e36: { Dockerfile: '# escape=x\nFROM bb\n' },
  e37: { Dockerfile: 'FROM bb\nRUN <<EOF\necho\n' },
  e39: { Dockerfile: 'FROM bb\nRUN --mount=type=secret,id=x,required=true true\n' },
  e41: { Dockerfile: 'FROM bb\nCOPY a /\n', '.dockerignore': 'a\n', a: 'a' },
  e42: { Dockerfile: 'FROM bb AS a\nCOPY --from=b /x /\nFROM bb AS b\nCOPY --from=a /x /\n' },
  e43: { Dockerfile: 'FROM bb\nENV A="x\n' },
  e44: { Dockerfile: 'FROM bb\nCMD\n' },
};

/** Writes them all below `directory`; `here` puts this machine's addresses in. */
export async function writeContexts(directory: string, here: (text: string) => string): Promise<void> {
  for (const [name, files] of Object.entries(contexts)) {
    await mkdir(join(directory, name), { recursive: true });
    for (const [file, text] of Object.entries(files)) await writeFile(join(directory, name, file), here(text));
  }
  await writeFile(join(directory, 'bad.env'), 'A B=1\n');
  await writeFile(join(directory, 'cid'), 'x');
}
