// Operations on paths. Each entry: `args` reads and validates the guest's arguments (it may throw Node's TypeErrors),
// `run(c, ...args)` is a generator of calls to the real fs on descriptors that psx.node opened.

const core = use('facade/fs_core');
const fds = use('facade/fs_fd');
const args = use('facade/fs_args');
const real = host.real('fs');
const { psx } = host;
const { Buffer } = host.real('buffer');
const errno = host.real('os').constants.errno;
const { codes } = host.internal('internal/errors');
const { READ, WRITE, BOTH, TARGET, LINK, PARENT, at, shut, proc, entry, relabel, system } = core;
const { O_RDONLY, O_WRONLY, O_RDWR, O_CREAT, O_EXCL, COPYFILE_EXCL } = real.constants;

// one call of the real fs on the target / on the directory entry
function* onTarget(c, path, need, syscall, step) {
  const fd = at(c, path, need, TARGET, syscall);
  try {
    return yield step(proc(fd));
  } catch (err) {
    throw relabel(err, path, undefined, syscall);
  } finally {
    shut(fd);
  }
}

function* onEntry(c, path, need, syscall, step) {
  const { fd, ref } = entry(c, path, need, syscall);
  try {
    try {
      return yield step(ref);
    } catch (err) {
      return core.again(err, c, syscall, path);
    }
  } catch (err) {
    throw core.explain(c, relabel(err, path, undefined, syscall), need, path, syscall === 'rmdir' || syscall === 'unlink');
  } finally {
    shut(fd);
  }
}

const STAT = ['bigint', 'throwIfNoEntry', 'signal'];
const missing = (err, syscall) => err.code === 'ENOENT' || (err.code === 'ENOTDIR' && syscall === 'stat');

function* statAt(c, path, options, syscall, how) {
  if (options.signal?.aborted) throw new (host.internal('internal/errors').AbortError)(undefined, { cause: options.signal.reason });
  let fd;
  try {
    fd = at(c, path, core.seeing(c, path), how, syscall);
  } catch (err) {
    if (options.throwIfNoEntry === false && missing(err, syscall)) return undefined;
    throw err;
  }
  try {
    return yield ['fstat', fd, { bigint: options.bigint }];
  } catch (err) {
    throw relabel(err, path, undefined, syscall);
  } finally {
    shut(fd);
  }
}

const statArgs = (path, options) => [args.path(path), args.options(options, STAT)];
const timeArgs = (path, atime, mtime) => [args.path(path), args.time(atime), args.time(mtime)];
const ownerArgs = (path, uid, gid) => [args.path(path), args.id(uid, 'uid'), args.id(gid, 'gid')];
const encoded = (value, encoding) => {
  if (!encoding || encoding === 'utf8' || encoding === 'utf-8') return value;
  return encoding === 'buffer' ? Buffer.from(value) : Buffer.from(value).toString(encoding);
};
exports.encoded = encoded;

// ---- realpath: the kernel tells where the descriptor leads

function* realpath(c, path, options, syscall) {
  let fd;
  try {
    fd = at(c, syscall === 'lstat' ? args.absolute(path) : path, READ, TARGET, syscall, path);
  } catch (err) {
    throw syscall === 'lstat' ? firstMissing(c, path, err) : err;
  }
  try {
    return encoded(yield ['readlink', proc(fd), 'utf8'], options.encoding);
  } finally {
    shut(fd);
  }
}

// Node's own walk names the first component that is not there, or the first link that leads nowhere.
function firstMissing(c, path, err) {
  if (err.code !== 'ENOENT') return err;
  const parts = args.absolute(path).split('/').slice(1);
  for (let i = 1; i <= parts.length; i++) {
    const prefix = `/${parts.slice(0, i).join('/')}`;
    if (!core.peek(c, 'fs.read', prefix)) continue;
    if (isAbsent(c, prefix, LINK)) return system(-errno.ENOENT, 'lstat', prefix);
    if (isAbsent(c, prefix, TARGET)) return system(-errno.ENOENT, 'stat', prefix);
  }
  return system(-errno.ENOENT, 'lstat', args.absolute(path));
}

function isAbsent(c, path, how) {
  const fd = psx.fsAt(c.id, path, READ, how);
  if (fd >= 0) shut(fd);
  return fd === -errno.ENOENT;
}

// ---- mkdir -p: the first directory made, as Node tells it

function* mkdirOne(c, path, mode, shown = path) {
  const { fd, ref } = entry(c, path, WRITE, 'mkdir', { shown });
  try {
    try {
      yield ['mkdir', ref, { mode }];
    } catch (err) {
      core.again(err, c, 'mkdir', path, mode);
    }
  } catch (err) {
    throw core.explain(c, relabel(err, shown, undefined, 'mkdir'), WRITE, path, true);
  } finally {
    shut(fd);
  }
}

function* isDirectory(c, path) {
  try {
    return (yield* statAt(c, path, {}, 'stat', TARGET)).isDirectory();
  } catch {
    return false;
  }
}
exports.isDirectory = isDirectory;

// Something else is in the way: a file, or a link that leads nowhere.
function* notADirectory(c, there, err, path, isParent) {
  if (err.code !== 'EEXIST') return err;
  try {
    yield* statAt(c, there, {}, 'stat', TARGET);
  } catch (seen) {
    return seen.code === 'ENOENT' ? system(-errno.ENOENT, 'mkdir', path) : err;
  }
  return isParent || path.endsWith('/') ? system(-errno.ENOTDIR, 'mkdir', path) : err;
}

const plainEnd = (path) => !/(^|\/)\.{1,2}\/+$/.test(path);

function* mkdirAll(c, path, mode) {
  const todo0 = args.absolute(path);
  const todo = [todo0];
  let first;
  while (todo.length > 0) {
    const next = todo.at(-1);
    try {
      yield* mkdirOne(c, next, mode, path);
      first ??= next;
      todo.pop();
    } catch (err) {
      const parent = next.slice(0, next.lastIndexOf('/')) || '/';
      if (err.code === 'ENOENT' && parent !== next) todo.push(parent);
      else if (yield* isDirectory(c, next)) todo.pop();
      else throw yield* notADirectory(c, next, err, path, todo.length > 1);
    }
  }
  return first === todo0 && path.endsWith('/') && path !== '/' && plainEnd(path) ? `${first}/` : first;
}
exports.mkdirAll = mkdirAll;

function mkdirArgs(path, options) {
  let mode = 0o777;
  let recursive = false;
  if (typeof options === 'number' || typeof options === 'string') mode = args.mode(options, 'mode');
  else if (options) {
    const o = { recursive: options.recursive, mode: options.mode };
    if (o.recursive !== undefined) {
      recursive = o.recursive;
      args.validators.validateBoolean(recursive, 'options.recursive');
    }
    if (o.mode !== undefined) mode = args.mode(o.mode, 'options.mode');
  }
  return [args.path(path), mode, recursive];
}

// ---- two paths

// Moving or linking must not give what was not held: psx.node says which rights to the old name the new one takes.
function moving(c, name, from, to, need) {
  const needs = psx.fsMoves(c.id, core.rooted(from), core.rooted(to));
  if (needs === 0) throw system(-errno.EACCES, name, from, to);
  return needs | need;
}

const isEntryDirectory = (ref) => real.lstatSync(ref, { throwIfNoEntry: false })?.isDirectory() ?? true;

function* onTwo(c, name, from, to, need) {
  const a = entry(c, from, moving(c, name, from, to, need), name, { dest: to });
  let b;
  try {
    b = entry(c, to, WRITE, name, { shown: from, dest: to, directory: to.endsWith('/') ? isEntryDirectory(a.ref) : undefined });
    try {
      yield [name, a.ref, b.ref];
    } catch (err) {
      core.again(err, c, name, from, to);
    }
  } catch (err) {
    throw core.explain(c, relabel(err, from, to, name), WRITE, to, true);
  } finally {
    shut(a.fd);
    if (b) shut(b.fd);
  }
}

function* copyFile(c, src, dest, mode) {
  let from, to;
  try {
    from = at(c, src, READ, TARGET, 'copyfile', src, dest);
    const info = real.fstatSync(from);
    if (info.isDirectory()) throw system(-errno.EISDIR, 'copyfile', src, dest);
    to = psx.fsOpen(c.id, core.rooted(dest), O_WRONLY | O_CREAT | (mode & COPYFILE_EXCL ? O_EXCL : 0), info.mode & 0o777);
    if (to < 0) throw copyDenied(c, to, src, dest, mode);
    yield* copyOpen(c, src, from, to, mode & ~COPYFILE_EXCL);
  } catch (err) {
    throw relabel(err, src, dest, 'copyfile');
  } finally {
    if (from !== undefined) shut(from);
    if (to >= 0) psx.fsClose(to);
  }
}

const BLOCK = 64 << 10;

// The kernel opens both anew by these names. What it has no rule for is copied through the descriptors.
function* copyOpen(c, src, from, to, mode) {
  try {
    yield ['copyFile', proc(from), proc(to), mode];
  } catch (err) {
    if (!core.asksAgain(err)) throw err;
    const whole = core.open(c, src, O_RDONLY, 0, 'copyfile');
    try {
      yield* copyBlocks(whole, to);
    } finally {
      psx.fsClose(whole);
    }
  }
}

function* copyBlocks(from, to) {
  const block = Buffer.allocUnsafeSlow(BLOCK);
  const [a, b] = [real.fstatSync(from, { bigint: true }), real.fstatSync(to, { bigint: true })];
  if (a.ino === b.ino && a.dev === b.dev) return; // onto itself: it would be emptied
  yield ['ftruncate', to, 0];
  for (let at = 0, n = 1; n > 0; at += n) {
    n = yield ['read', from, block, 0, BLOCK, at];
    for (let done = 0; done < n;) done += yield ['write', to, block, done, n - done, at + done];
  }
}

function copyDenied(c, code, src, dest, mode) {
  if (code !== -errno.EACCES) return system(code, 'copyfile', src, dest);
  try {
    psx.fsClose(core.open(c, dest, O_WRONLY | O_CREAT | (mode & COPYFILE_EXCL ? O_EXCL : 0), 0o600, 'copyfile'));
  } catch (err) {
    return err;
  }
  return system(code, 'copyfile', src, dest);
}
exports.copyFile = copyFile;

// ---- temporary directories: the name is chosen by libc beneath the parent's descriptor

// In a box, where the directory has no rule of its own: the supervisor makes what is named here.
function made6(c, prefix) {
  for (let i = 0; i < 16; i++) {
    const path = prefix + host.real('crypto').randomBytes(3).toString('hex');
    const errno = psx.fsMkdir(c.id, core.rooted(path), 0o700);
    if (errno === 0) return path;
    if (errno !== -17) return undefined; // EEXIST
  }
  return undefined;
}

function* mkdtemp(c, prefix, options) {
  const whole = `${prefix}XXXXXX`;
  const { fd, ref } = entry(c, whole, WRITE, 'mkdtemp');
  // a grant of one file that is called so is no grant of whatever libc makes up; no policy can name a control character
  if (!core.peek(c, 'fs.write', `${prefix}\x01`)) {
    shut(fd);
    throw system(-errno.EACCES, 'mkdtemp', whole);
  }
  try {
    const made = yield ['mkdtemp', ref.slice(0, -6)];
    return encoded(prefix + made.slice(-6), options.encoding);
  } catch (err) {
    const made = core.asksAgain(err) ? made6(c, prefix) : undefined;
    if (made !== undefined) return encoded(made, options.encoding);
    throw core.explain(c, relabel(err, whole, undefined, 'mkdtemp'), WRITE, whole, true);
  } finally {
    shut(fd);
  }
}
const mkdtempArgs = (prefix, options) => [args.path(prefix, 'prefix'), args.options(options, ['encoding'])];
exports.mkdtemp = mkdtemp;
exports.mkdtempArgs = mkdtempArgs;

// ---- whole files

const READ_FILE = ['encoding', 'flag', 'signal', 'buffer'];
const WRITE_FILE = ['encoding', 'mode', 'flag', 'flush', 'signal'];

function readFileArgs(path, options) {
  const o = args.options(options, READ_FILE);
  args.utils.validateReadFileBufferOptions(o);
  return [args.pathOrFd(path), o, args.flags(o.flag, 'options.flag', 'r')];
}

function writeFileArgs(fallback) {
  return (path, data, options) => {
    const o = args.options(options, WRITE_FILE, { encoding: 'utf8' });
    const flush = o.flush ?? false;
    args.validators.validateBoolean(flush, 'options.flush');
    const mode = args.mode(o.mode, 'mode', 0o666);
    const where = args.pathOrFd(path);
    const flags = typeof where === 'number' ? 0 : args.flags(o.flag || fallback, 'options.flag');
    return [where, args.data(data), { __proto__: null, encoding: o.encoding, flush, signal: o.signal }, flags, mode];
  };
}

// (the real readFile says something odd about a bad descriptor)
function usable(fd, syscall) {
  if (fd === fds.NO_FD) throw system(-errno.EBADF, syscall);
  return fd;
}

// asynchronous only: the synchronous ones below are shorter, and often the hottest calls of a program
function* readFile(c, where, options, flags) {
  const o = { __proto__: null, encoding: options.encoding, signal: options.signal, buffer: options.buffer };
  if (typeof where === 'number') return yield ['readFile', usable(fds.mine(c, where, 'read', 'read'), 'fstat'), o];
  const fd = flags === O_RDONLY ? at(c, where, READ, TARGET, 'open') : core.open(c, where, flags, 0o666);
  try {
    return yield ['readFile', flags === O_RDONLY ? proc(fd) : fd, o];
  } catch (err) {
    if (flags === O_RDONLY && core.asksAgain(err)) return yield* readOpened(c, where, o);
    throw relabel(err, where);
  } finally {
    if (flags === O_RDONLY) shut(fd);
    else psx.fsClose(fd);
  }
}

function* readOpened(c, where, options) {
  const fd = core.open(c, where, O_RDONLY, 0o666);
  try {
    return yield ['readFile', fd, options];
  } finally {
    psx.fsClose(fd);
  }
}

function* writeFile(c, where, data, options, flags, mode) {
  if (typeof where === 'number') return yield ['writeFile', fds.mine(c, where, 'write', 'write'), data, options];
  if (options.signal?.aborted) return yield ['writeFile', 0, data, options]; // Node's own AbortError, nothing is written
  const fd = core.open(c, where, flags, mode);
  try {
    return yield ['writeFile', fd, data, options];
  } finally {
    psx.fsClose(fd);
  }
}

function readFileNow(c, where, options, flags) {
  if (typeof where === 'number') return real.readFileSync(fds.mine(c, where, 'read', 'read'), options);
  const fd = core.open(c, where, flags, 0o666);
  try {
    return real.readFileSync(fd, options);
  } finally {
    psx.fsClose(fd);
  }
}

function writeFileNow(c, where, data, options, flags, mode) {
  if (typeof where === 'number') return real.writeFileSync(fds.mine(c, where, 'write', 'write'), data, options);
  const fd = core.open(c, where, flags, mode);
  try {
    real.writeFileSync(fd, data, options);
  } finally {
    psx.fsClose(fd);
  }
}

function statNow(how, syscall) {
  return (c, path, options) => {
    const need = core.seeing(c, path);
    let fd = core.tryAt(c, path, need, how);
    if (fd < 0) {
      if (options.throwIfNoEntry === false && (fd === -errno.ENOENT || (fd === -errno.ENOTDIR && syscall === 'stat'))) return undefined;
      fd = at(c, path, need, how, syscall);
    }
    try {
      return options.bigint ? real.fstatSync(fd, { bigint: true }) : real.fstatSync(fd);
    } finally {
      shut(fd);
    }
  };
}

exports.existsNow = (c, path) => {
  const fd = core.tryAt(c, path, core.seeing(c, path), TARGET);
  if (fd < 0) return false;
  shut(fd);
  return true;
};

function* truncate(c, path, length) {
  const fd = core.open(c, path, O_RDWR, 0o666);
  try {
    yield ['ftruncate', fd, length];
  } finally {
    psx.fsClose(fd);
  }
}

const openArgs = (path, flags, mode) => [args.path(path), args.flags(flags, 'flags', 'r'), args.mode(mode, 'mode', 0o666)];

function rmdirArgs(path, options) {
  const recursive = options?.recursive;
  if (recursive !== undefined) throw new codes.ERR_INVALID_ARG_VALUE('options.recursive', recursive, 'is no longer supported');
  return [args.path(path)];
}

const linkTypes = ['dir', 'file', 'junction', null, undefined];

exports.ops = {
  __proto__: null,
  access: {
    args: (path, mode) => [args.path(path), args.accessMode(mode)],
    *run(c, path, mode) {
      const need = mode === 0 ? core.seeing(c, path) : (mode & 5 ? READ : 0) | (mode & 2 ? WRITE : 0);
      yield* onTarget(c, path, need, 'access', (p) => ['access', p, mode]);
    },
  },
  stat: { args: statArgs, run: (c, path, o) => statAt(c, path, o, 'stat', TARGET), now: statNow(TARGET, 'stat') },
  lstat: { args: statArgs, run: (c, path, o) => statAt(c, path, o, 'lstat', LINK), now: statNow(LINK, 'lstat') },
  statfs: {
    args: (path, options) => [args.path(path), args.options(options, ['bigint'])],
    run: (c, path, o) => onTarget(c, path, core.seeing(c, path), 'statfs', (p) => ['statfs', p, { bigint: o.bigint }]),
  },
  readlink: {
    args: (path, options) => [args.path(path), args.options(options, ['encoding'])],
    promiseArgs: (path, options) => [args.path(path, 'oldPath'), args.options(options, ['encoding'])],
    run: (c, path, o) => onEntry(c, path, READ, 'readlink', (p) => ['readlink', p, o.encoding]),
  },
  realpath: {
    args: (path, options) => [args.loosePath(path), args.options(options, ['encoding'])],
    run: (c, path, o) => realpath(c, path, o, 'lstat'),
  },
  realpathNative: {
    args: (path, options) => [args.path(path), args.options(options, ['encoding'])],
    run: (c, path, o) => realpath(c, path, o, 'realpath'),
  },
  chmod: {
    args: (path, mode) => [args.path(path), args.mode(mode, 'mode')],
    run: (c, path, mode) => onTarget(c, path, WRITE, 'chmod', (p) => ['chmod', p, mode]),
  },
  chown: { args: ownerArgs, run: (c, path, uid, gid) => onTarget(c, path, WRITE, 'chown', (p) => ['chown', p, uid, gid]) },
  lchown: { args: ownerArgs, run: (c, path, uid, gid) => onEntry(c, path, WRITE, 'lchown', (p) => ['lchown', p, uid, gid]) },
  utimes: { args: timeArgs, run: (c, path, a, m) => onTarget(c, path, WRITE, 'utime', (p) => ['utimes', p, a, m]) },
  lutimes: { args: timeArgs, run: (c, path, a, m) => onEntry(c, path, WRITE, 'lutime', (p) => ['lutimes', p, a, m]) },
  mkdir: {
    args: mkdirArgs,
    run: (c, path, mode, recursive) => (recursive ? mkdirAll(c, path, mode) : mkdirOne(c, path, mode)),
  },
  mkdtemp: { args: mkdtempArgs, run: mkdtemp },
  rmdir: { args: rmdirArgs, run: (c, path) => onEntry(c, path, WRITE, 'rmdir', (p) => ['rmdir', p]) },
  unlink: { args: (path) => [args.path(path)], run: (c, path) => onEntry(c, path, WRITE, 'unlink', (p) => ['unlink', p]) },
  rename: {
    args: (from, to) => [args.path(from, 'oldPath'), args.path(to, 'newPath')],
    run: (c, from, to) => onTwo(c, 'rename', from, to, WRITE),
  },
  link: {
    args: (from, to) => [args.path(from, 'existingPath'), args.path(to, 'newPath')],
    run: (c, from, to) => onTwo(c, 'link', from, to, BOTH),
  },
  symlink: {
    args: (target, path, type) => {
      args.validators.validateOneOf(type, 'type', linkTypes);
      return [args.path(target, 'target'), args.path(path)];
    },
    *run(c, target, path) {
      const { fd, ref } = entry(c, path, WRITE, 'symlink', { shown: target, dest: path });
      try {
        yield ['symlink', target, ref];
      } catch (err) {
        throw core.explain(c, relabel(err, target, path, 'symlink'), WRITE, path, true);
      } finally {
        shut(fd);
      }
    },
  },
  truncate: { args: (path, length) => [args.path(path), args.length(length)], run: truncate },
  copyFile: {
    args: (src, dest, mode) => [args.path(src, 'src'), args.path(dest, 'dest'), args.copyMode(mode)],
    run: copyFile,
  },
  open: { args: openArgs, *run(c, path, flags, mode) { return fds.open(c, path, flags, mode); }, now: fds.open },
  readFile: { args: readFileArgs, run: readFile, now: readFileNow },
  writeFile: { args: writeFileArgs('w'), run: writeFile, now: writeFileNow },
  appendFile: { args: writeFileArgs('a'), run: writeFile, now: writeFileNow },
};
