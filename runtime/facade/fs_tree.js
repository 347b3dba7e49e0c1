// Operations on whole trees: readdir, rm, cp, glob. They are made of the single operations, so that psx.node is asked for
// every path again and a directory that is swapped for a link during the walk leads nowhere else.

const core = use('facade/fs_core');
const args = use('facade/fs_args');
const { ops, copyFile, encoded, isDirectory, mkdirAll } = use('facade/fs_ops');
const real = host.real('fs');
const { Buffer } = host.real('buffer');
const { join, dirname, basename, resolve, isAbsolute, parse } = host.real('path');
const { isPromise } = host.real('util').types;
const errno = host.real('os').constants.errno;
const { codes } = host.internal('internal/errors');
const { Dirent } = real;
const { READ, TARGET } = core;

const run = (name, c, ...values) => ops[name].run(c, ...values);
const lstat = (c, path, o = {}) => run('lstat', c, path, o);
const stat = (c, path, o = {}) => run('stat', c, path, o);

function* orMissing(steps) {
  try {
    return yield* steps;
  } catch (err) {
    if (err.code === 'ENOENT') return undefined;
    throw err;
  }
}

function* unless(code, steps) {
  try {
    return yield* steps;
  } catch (err) {
    if (err.code !== code) throw err;
  }
}

// ---- readdir

const TYPES = ['isFile', 'isDirectory', 'isSymbolicLink', 'isFIFO', 'isSocket', 'isCharacterDevice', 'isBlockDevice'];
const NUMBERS = ['FILE', 'DIR', 'LINK', 'FIFO', 'SOCKET', 'CHAR', 'BLOCK'].map((n) => real.constants[`UV_DIRENT_${n}`]);

exports.direntOf = (name, info, parent) => new Dirent(name, NUMBERS[TYPES.findIndex((t) => info[t]())] ?? 0, parent);

function* readOne(c, path, encoding, shown = path) {
  const fd = core.at(c, path, READ, TARGET, 'scandir', shown);
  try {
    const found = yield ['readdir', core.proc(fd), { encoding, withFileTypes: true }];
    for (const d of found) d.parentPath = path;
    return found;
  } catch (err) {
    throw core.relabel(err, shown, undefined, 'scandir');
  } finally {
    core.shut(fd);
  }
}

const namesOf = (entries) => entries.map((d) => d.name);

function* readdir(c, path, options) {
  const { encoding } = options;
  if (!options.recursive) {
    const found = yield* readOne(c, path, encoding);
    return options.withFileTypes ? found : namesOf(found);
  }
  const all = [];
  const dirs = [['', path]];
  for (let i = 0; i < dirs.length; i++) {
    const [prefix, dir] = dirs[i];
    for (const d of yield* readOne(c, dir, 'utf8')) {
      const relative = prefix === '' ? d.name : `${prefix}/${d.name}`;
      if (d.isDirectory() || (d.isSymbolicLink() && (yield* isDirectory(c, join(dir, d.name))))) dirs.push([relative, join(path, relative)]);
      if (options.withFileTypes) d.name = encoded(d.name, encoding);
      all.push(options.withFileTypes ? d : encoded(relative, encoding));
    }
  }
  return all;
}

// ---- rm

const RM = ['force', 'recursive', 'maxRetries', 'retryDelay'];
const BUSY = ['EBUSY', 'EMFILE', 'ENFILE', 'ENOTEMPTY', 'EPERM'];

function rmArgs(path, options) {
  const where = args.path(path);
  const o = args.object(options, RM, { force: false, recursive: false, maxRetries: 0, retryDelay: 100 });
  args.validators.validateBoolean(o.force, 'options.force');
  args.validators.validateBoolean(o.recursive, 'options.recursive');
  args.validators.validateInt32(o.retryDelay, 'options.retryDelay', 0);
  args.validators.validateUint32(o.maxRetries, 'options.maxRetries');
  return [where, o];
}

function* removeTree(c, path, isDirectory) {
  if (isDirectory) {
    for (const d of yield* readOne(c, path, 'utf8')) {
      yield* orMissing(removeTree(c, join(path, d.name), d.isDirectory()));
    }
  }
  yield* orMissing(run(isDirectory ? 'rmdir' : 'unlink', c, path));
}

function* rm(c, path, options) {
  // a file that is not there yet is removed all the same next time: learn the grant
  if (host.plan.mode === 'learn') use('deny').may(c, 'fs.write', args.absolute(path));
  const info = options.force ? yield* orMissing(lstat(c, path)) : yield* lstat(c, path);
  if (!info) return;
  if (info.isDirectory() && !options.recursive) {
    throw new codes.ERR_FS_EISDIR({ code: 'EISDIR', message: 'is a directory', path, syscall: 'rm', errno: errno.EISDIR });
  }
  for (let tries = 0; ; tries++) {
    try {
      return yield* removeTree(c, path, info.isDirectory());
    } catch (err) {
      if (!BUSY.includes(err.code) || tries >= options.maxRetries) throw err;
      yield ['sleep', (tries + 1) * options.retryDelay];
    }
  }
}

// ---- cp

const CP = ['dereference', 'errorOnExist', 'force', 'preserveTimestamps', 'recursive', 'verbatimSymlinks', 'mode', 'filter'];

function cpArgs(src, dest, options) {
  const o = args.utils.validateCpOptions({ ...args.object(options, CP) });
  return [args.path(src, 'src'), args.path(dest, 'dest'), o];
}

const cpError = (kind, code, path, message) => new codes[`ERR_FS_CP_${kind}`]({ message, path, syscall: 'cp', errno: errno[code], code });
const same = (a, b) => b.ino && b.dev && a.ino === b.ino && a.dev === b.dev;
const parts = (path) => resolve(path).split('/').filter(Boolean);
function inside(parent, child) {
  const below = parts(child);
  return parts(parent).every((part, i) => below[i] === part);
}

function* wanted(src, dest, o) {
  if (!o.filter) return true;
  const answer = yield ['guest', o.filter, src, dest];
  if (isPromise(answer)) throw new codes.ERR_INVALID_RETURN_VALUE('boolean', 'filter', answer);
  return Boolean(answer);
}

function* checkPair(c, src, dest, o) {
  const look = o.dereference ? stat : lstat;
  const from = yield* look(c, src, { bigint: true });
  const to = yield* orMissing(look(c, dest, { bigint: true }));
  if (to) {
    if (same(from, to)) throw cpError('EINVAL', 'EINVAL', dest, 'src and dest cannot be the same');
    if (from.isDirectory() && !to.isDirectory()) throw cpError('DIR_TO_NON_DIR', 'EISDIR', dest, `cannot overwrite non-directory ${dest} with directory ${src}`);
    if (!from.isDirectory() && to.isDirectory()) throw cpError('NON_DIR_TO_DIR', 'ENOTDIR', dest, `cannot overwrite directory ${dest} with non-directory ${src}`);
  }
  if (from.isDirectory() && inside(src, dest)) throw cpError('EINVAL', 'EINVAL', dest, `cannot copy ${src} to a subdirectory of self ${dest}`);
  return [from, to];
}

// The parents of dest are looked at as far as they may be seen.
function* checkParents(c, src, from, dest) {
  const srcParent = resolve(dirname(src));
  for (let p = resolve(dirname(dest)); p !== srcParent && p !== parse(p).root; p = dirname(p)) {
    let to;
    try {
      to = yield* stat(c, p, { bigint: true });
    } catch {
      return;
    }
    if (same(from, to)) throw cpError('EINVAL', 'EINVAL', dest, `cannot copy ${src} to a subdirectory of self ${dest}`);
  }
}

function* copyTimes(c, src, dest) {
  const info = yield* stat(c, src);
  yield* run('utimes', c, dest, info.atimeMs / 1000, info.mtimeMs / 1000);
}

function* copyOne(c, src, dest, mode, o) {
  yield* copyFile(c, src, dest, o.mode);
  if (o.preserveTimestamps) {
    if ((mode & 0o200) === 0) yield* run('chmod', c, dest, mode | 0o200);
    yield* copyTimes(c, src, dest);
  }
  yield* run('chmod', c, dest, mode & 0o7777);
}

function* copyRegular(c, src, dest, from, to, o) {
  if (to && !o.force) {
    if (o.errorOnExist) throw cpError('EEXIST', 'EEXIST', dest, `${dest} already exists`);
    return;
  }
  if (to) yield* run('unlink', c, dest);
  yield* copyOne(c, src, dest, Number(from.mode), o);
}

function* copyLink(c, src, dest, to, o) {
  let target = yield* run('readlink', c, src, {});
  if (!o.verbatimSymlinks && !isAbsolute(target)) target = resolve(dirname(src), target);
  if (to?.isSymbolicLink()) {
    const old = resolve(dirname(dest), yield* run('readlink', c, dest, {}));
    const info = yield* orMissing(stat(c, src));
    if (info?.isDirectory() && inside(target, old)) throw cpError('EINVAL', 'EINVAL', dest, `cannot copy ${target} to a subdirectory of self ${old}`);
    if (info?.isDirectory() && inside(old, target)) throw cpError('SYMLINK_TO_SUBDIRECTORY', 'EINVAL', dest, `cannot overwrite ${old} with ${target}`);
    yield* run('unlink', c, dest);
  }
  yield* run('symlink', c, target, dest);
}

function* copyDirectory(c, src, dest, from, to, o) {
  if (to && o.errorOnExist && !o.force) throw cpError('EEXIST', 'EEXIST', dest, `${dest} already exists`);
  if (!to) yield* run('mkdir', c, dest, 0o777, false);
  for (const d of yield* readOne(c, src, 'utf8')) {
    const [a, b] = [join(src, d.name), join(dest, d.name)];
    if (yield* wanted(a, b, o)) yield* copyAny(c, a, b, ...(yield* checkPair(c, a, b, o)), o);
  }
  if (o.preserveTimestamps) yield* copyTimes(c, src, dest);
  if (!to) yield* run('chmod', c, dest, Number(from.mode) & 0o7777);
}

function* copyAny(c, src, dest, from, to, o) {
  if (from.isDirectory()) {
    if (o.recursive) return yield* copyDirectory(c, src, dest, from, to, o);
    throw new codes.ERR_FS_EISDIR({ message: `${src} is a directory (not copied)`, path: src, syscall: 'cp', errno: errno.EISDIR, code: 'EISDIR' });
  }
  if (from.isFile() || from.isCharacterDevice() || from.isBlockDevice()) return yield* copyRegular(c, src, dest, from, to, o);
  if (from.isSymbolicLink()) return yield* copyLink(c, src, dest, to, o);
  if (from.isSocket()) throw cpError('SOCKET', 'EINVAL', dest, `cannot copy a socket file: ${dest}`);
  if (from.isFIFO()) throw cpError('FIFO_PIPE', 'EINVAL', dest, `cannot copy a FIFO pipe: ${dest}`);
  throw cpError('UNKNOWN', 'EINVAL', dest, `cannot copy an unknown file type: ${dest}`);
}

function* cp(c, src, dest, o) {
  if (!(yield* wanted(src, dest, o))) return;
  const [from, to] = yield* checkPair(c, src, dest, o);
  yield* checkParents(c, src, from, dest);
  if (!to && !(yield* orMissing(stat(c, dirname(dest))))) yield* mkdirAll(c, dirname(dest), 0o777);
  yield* copyAny(c, src, dest, from, to, o);
}

// ---- glob

const GLOB = ['cwd', 'exclude', 'withFileTypes', 'followSymlinks'];
const minimatch = () => use('facade/glob').minimatch();
const MATCH = { __proto__: null, nocase: false, windowsPathsNoEscape: true, nonegate: true, nocomment: true, optimizationLevel: 2, platform: 'linux', nocaseMagicOnly: true };

function globArgs(pattern, options) {
  const list = typeof pattern === 'string' ? [pattern] : [...pattern];
  args.validators.validateStringArray(list, 'patterns');
  const o = args.object(options, GLOB);
  return [list, { cwd: args.path(o.cwd ?? '.', 'options.cwd'), withFileTypes: Boolean(o.withFileTypes), follow: Boolean(o.followSymlinks), excluded: excluder(o) }];
}

function excluder(o) {
  if (typeof o.exclude === 'function') {
    const { exclude } = o;
    return (relative, d) => Boolean(core.guest(exclude, o.withFileTypes ? d : basename(relative)));
  }
  if (o.exclude === undefined) return () => false;
  const list = [...o.exclude];
  args.validators.validateStringArray(list, 'options.exclude');
  const root = resolve(args.path(o.cwd ?? '.', 'options.cwd'));
  const matchers = list.map((p) => new (minimatch().Minimatch)(resolve(root, p), MATCH));
  return (relative) => matchers.some((m) => m.match(resolve(root, relative)));
}

const fits = (part, name) => (typeof part === 'string' ? part === name : part.test(name));

function* listing(c, walk, path) {
  try {
    return yield* readOne(c, resolve(walk.cwd, path || '.'), 'utf8');
  } catch {
    return [];
  }
}

function* found(c, walk, path) {
  const full = resolve(walk.cwd, path || '.');
  let info;
  try {
    info = yield* lstat(c, full);
  } catch {
    return;
  }
  const name = path || '.';
  if (!walk.results.has(name)) walk.results.set(name, exports.direntOf(basename(full), info, dirname(full)));
}

function* globstar(c, walk, path, list, i) {
  yield* match(c, walk, path, list, i + 1);
  for (const d of yield* listing(c, walk, path)) {
    const below = join(path, d.name);
    if (d.name.startsWith('.') || walk.excluded(below, d)) continue;
    if (i === list.length - 1 && !d.isDirectory()) yield* found(c, walk, below);
    if (d.isDirectory() || (walk.follow && d.isSymbolicLink() && (yield* orMissing(stat(c, resolve(walk.cwd, below))))?.isDirectory())) {
      yield* globstar(c, walk, below, list, i);
    }
  }
}

function* match(c, walk, path, list, i) {
  const key = `${i}\0${path}`;
  if (walk.seen.has(key)) return;
  walk.seen.add(key);
  if (i === list.length) return yield* found(c, walk, path);
  const part = list[i];
  if (part === minimatch().GLOBSTAR) return yield* globstar(c, walk, path, list, i);
  if (typeof part === 'string') {
    const below = part === '' ? (i === 0 ? '/' : path) : join(path, part);
    if (!walk.excluded(below)) yield* match(c, walk, below, list, i + 1);
    return;
  }
  for (const d of yield* listing(c, walk, path)) {
    const below = join(path, d.name);
    if (i < list.length - 1 && !d.isDirectory() && !(walk.follow && d.isSymbolicLink())) continue;
    if (fits(part, d.name) && !walk.excluded(below, d)) yield* match(c, walk, below, list, i + 1);
  }
}

function* glob(c, patterns, o) {
  const results = new Map();
  for (const pattern of patterns) {
    for (const list of new (minimatch().Minimatch)(pattern, MATCH).set) {
      yield* match(c, { ...o, results, seen: new Set() }, '', list, 0);
    }
  }
  return o.withFileTypes ? [...results.values()] : [...results.keys()];
}

exports.ops = {
  __proto__: null,
  readdir: {
    args: (path, options) => {
      const o = args.options(options, ['encoding', 'withFileTypes', 'recursive']);
      if (o.recursive != null) args.validators.validateBoolean(o.recursive, 'options.recursive');
      return [args.path(path), o];
    },
    run: readdir,
    now(c, path, o) {
      if (o.recursive || o.withFileTypes) return core.runSync(readdir(c, path, o));
      const fd = core.at(c, path, READ, TARGET, 'scandir');
      try {
        return real.readdirSync(core.proc(fd), o.encoding);
      } catch (err) {
        throw core.relabel(err, path, undefined, 'scandir');
      } finally {
        core.shut(fd);
      }
    },
  },
  rm: { args: rmArgs, run: rm, now: (c, path, o) => core.runSync(o.force && o.recursive ? unless('ENOTDIR', rm(c, path, o)) : rm(c, path, o)) },
  cp: { args: cpArgs, run: cp },
  glob: { args: globArgs, run: glob },
};
exports.rm = rm;
exports.readOne = readOne;
