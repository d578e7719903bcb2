import { fileSystemName, inUserNamespace, isOn } from '#kernel';

const parameters = '/sys/module/overlay/parameters';

/** What Docker tells of overlay2, from the file system of its `root` and the module's parameters. */
export function overlayStatus(root: string): [name: string, value: string][] {
  return [
    ['Backing Filesystem', fileSystemName(root)],
    ['Supports d_type', 'true'],
    ['Using metacopy', String(isOn(`${parameters}/metacopy`))],
    ['Native Overlay Diff', String(!isOn(`${parameters}/redirect_dir`))],
    ['userxattr', String(inUserNamespace())],
  ];
}
