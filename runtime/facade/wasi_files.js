// The files of a WASI program: numbers it knows -> descriptors and directories of the package, opened with the package's own fs. A path is taken beneath
// its directory; neither dots nor links lead out of the directory that was opened for the program, whatever else the package may read.

const { ERRNO, typeOf } = use('facade/wasi_abi');
const { O_APPEND, O_CREAT, O_DIRECTORY, O_DSYNC, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR, O_SYNC, O_TRUNC, O_WRONLY } = host.real('fs').constants;

const READ = 1n << 1n, WRITES = (1n << 6n) | (1n << 8n) | (1n << 22n);
const FOLLOW = 1;
const OPEN = { CREAT: 1, DIRECTORY: 2, EXCL: 4, TRUNC: 8 };
const FLAG = { APPEND: 1, DSYNC: 2, NONBLOCK: 4, RSYNC: 8, SYNC: 16 };
const fail = (name) => { throw Object.assign(new Error(name), { code: `E${name}` }); };

class Files {
  #fs; #entries = new Map();
  constructor(fs, stdio, preopens) {
    this.#fs = fs;
    stdio.forEach((fd, i) => { this.#entries.set(i, { fd, path: undefined, root: undefined, position: undefined, append: false, guest: undefined, kept: true }); });
    preopens.forEach(([guest, path], i) => {
      const real = fs.realpathSync(path);
      const fd = fs.openSync(real, O_RDONLY | O_DIRECTORY);
      this.#entries.set(3 + i, { fd, path: real, root: real, position: undefined, append: false, guest: new TextEncoder().encode(guest), kept: false });
    });
  }
  get(n) { return this.#entries.get(n >>> 0) ?? fail('BADF'); }
  directory(n) { const e = this.get(n); return e.root === undefined ? fail('NOTDIR') : e; }
  stat(e) { return this.#fs.fstatSync(e.fd, { bigint: true }); }

  // The absolute path of `text` beneath directory n. follow: the last name may be a link
  at(n, text, follow = false) {
    const { path, root } = this.directory(n);
    if (text === '') fail('NOENT');
    if (text[0] === '/' || text.includes('\0')) fail('NOTCAPABLE');
    const names = [];
    for (const name of text.split('/')) {
      if (name === '..') { if (names.pop() === undefined) fail('NOTCAPABLE'); } else if (name !== '' && name !== '.') names.push(name);
    }
    const last = names.pop();
    const parent = this.#within(root, names.length === 0 ? path : `${path}/${names.join('/')}`);
    if (last === undefined) return parent;
    const full = `${parent}/${last}`;
    if (!follow || this.#fs.lstatSync(full, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return full;
    return this.#within(root, full);
  }
  #within(root, path) {
    const real = this.#fs.realpathSync(path);
    return real === root || real.startsWith(`${root}/`) ? real : fail('NOTCAPABLE');
  }

  open(n, lookup, text, oflags, rights, fdflags) {
    const { root } = this.directory(n);
    const path = this.at(n, text, (lookup & FOLLOW) !== 0);
    const writes = (rights & WRITES) !== 0n;
    let flags = O_NOFOLLOW | (!writes ? O_RDONLY : rights & READ ? O_RDWR : O_WRONLY);
    for (const [given, bit, flag] of [[oflags, OPEN.CREAT, O_CREAT], [oflags, OPEN.DIRECTORY, O_DIRECTORY], [oflags, OPEN.EXCL, O_EXCL], [oflags, OPEN.TRUNC, O_TRUNC], [fdflags, FLAG.APPEND, O_APPEND],
      [fdflags, FLAG.DSYNC, O_DSYNC], [fdflags, FLAG.NONBLOCK, O_NONBLOCK], [fdflags, FLAG.RSYNC | FLAG.SYNC, O_SYNC]]) if (given & bit) flags |= flag;
    let fd;
    try { fd = this.#fs.openSync(path, flags); } catch (error) {
      // libc asks for everything and means a directory
      if (error.code !== 'EISDIR' || oflags !== 0) throw error;
      fd = this.#fs.openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    }
    const st = this.#fs.fstatSync(fd);
    let i = 3;
    while (this.#entries.has(i)) i++;
    this.#entries.set(i, { fd, path, root: st.isDirectory() ? root : undefined, position: st.isFile() ? 0 : undefined, append: (fdflags & FLAG.APPEND) !== 0, guest: undefined, kept: false });
    return i;
  }
  close(n) {
    const e = this.get(n);
    this.#entries.delete(n >>> 0);
    if (!e.kept) this.#fs.closeSync(e.fd);
  }
  renumber(from, to) {
    const e = this.get(from);
    this.get(to);
    if (from === to) return;
    this.close(to);
    this.#entries.delete(from >>> 0);
    this.#entries.set(to >>> 0, e);
  }
  read(e, parts, at) {
    let n = 0;
    for (const part of parts) {
      const got = this.#fs.readSync(e.fd, part, 0, part.length, at ?? e.position ?? null);
      n += got;
      if (at !== undefined) at += got;
      else if (e.position !== undefined) e.position += got;
      if (got < part.length) break;
    }
    return n;
  }
  write(e, parts, at) {
    let n = 0;
    if (at === undefined && e.append && e.position !== undefined) e.position = Number(this.stat(e).size);
    for (const part of parts) {
      const put = this.#fs.writeSync(e.fd, part, 0, part.length, at ?? (e.append ? null : e.position) ?? null);
      n += put;
      if (at !== undefined) at += put;
      else if (e.position !== undefined) e.position += put;
      if (put < part.length) break;
    }
    return n;
  }
  seek(e, offset, whence) {
    if (e.position === undefined) fail(e.root === undefined ? 'SPIPE' : 'BADF');
    const from = whence === 0 ? 0 : whence === 1 ? e.position : whence === 2 ? Number(this.stat(e).size) : fail('INVAL');
    const to = from + Number(offset);
    if (!Number.isSafeInteger(to) || to < 0) fail('INVAL');
    return (e.position = to);
  }
  // [{name, ino, type}], without . and .., as Node
  list(e) {
    const { path } = e.root === undefined ? fail('NOTDIR') : e;
    return this.#fs.readdirSync(path).map((name) => { const st = this.#fs.lstatSync(`${path}/${name}`, { bigint: true, throwIfNoEntry: false }); return { name, ino: st?.ino ?? 0n, type: st === undefined ? 0 : typeOf(st) }; });
  }
}
use('seal').own(Files);
Object.assign(exports, { Files, ERRNO, FOLLOW });
