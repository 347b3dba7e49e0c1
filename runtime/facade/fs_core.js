// What every fs operation of a confined package goes through. psx.node decides and opens; the rest works on the descriptor
// it returned. An operation is written once, as a generator that yields calls of the real fs, and is run in three ways:
// synchronously, with a callback, or as a promise.

const args = use('facade/fs_args');
const deny = use('deny');
const real = host.real('fs');
const { psx } = host;
const { getSystemErrorMap } = host.real('util');
const { AsyncLocalStorage } = host.real('async_hooks');
const { EACCES, ENOENT, EPERM, EXDEV } = host.real('os').constants.errno;
const nextTick = host.global.process.nextTick;
const { setTimeout } = host.global;
const { O_CREAT, O_TRUNC, O_APPEND } = real.constants;

const READ = 1, WRITE = 2, BOTH = 3;           // psx.fsAt need
const TARGET = 0, LINK = 1, PARENT = 2, DIR_ENTRY = 3; // psx.fsAt how
Object.assign(exports, { READ, WRITE, BOTH, TARGET, LINK, PARENT });

// ---- errors: Node's shape, with the path the caller gave

let errors;
exports.system = (errno, syscall, path, dest, why) => {
  errors ??= getSystemErrorMap();
  const [code, text] = errors.get(errno) ?? ['UNKNOWN', 'unknown error'];
  let message = `${code}: ${text}, ${syscall}`;
  if (path !== undefined) message += ` '${path}'`;
  if (dest !== undefined) message += ` -> '${dest}'`;
  if (why !== undefined) message += ` (the policy allows it, and the box refused it: ${why})`;
  const err = new Error(message);
  err.errno = errno;
  err.code = code;
  err.syscall = syscall;
  if (path !== undefined) err.path = path;
  if (dest !== undefined) err.dest = dest;
  return err;
};

// An error of the real fs names /proc/self/fd: make it anew. Others (validation, abort, denials) are fit to be seen.
exports.relabel = (err, path, dest, syscall) => {
  if (typeof err?.errno !== 'number' || err.capability !== undefined || (err.path === undefined && syscall === undefined)) return err;
  return exports.system(err.errno, syscall ?? err.syscall, path, dest);
};

// The policy allowed it and the kernel did not: was it the box?
const isBoxed = host.plan.box != null;
const whyBoxed = (c, errno, need, path, entry, syscall) => (isBoxed && (errno === -EACCES || errno === -EPERM || errno === -EXDEV)
  ? psx.fsBoxed(c.id, rooted(path), need, entry ? 1 : 0, syscall) : undefined);
exports.explain = (c, err, need, path, entry) => {
  if (!isBoxed || typeof err?.errno !== 'number' || typeof path !== 'string' || path === '') return err;
  const why = whyBoxed(c, err.errno, need, path, entry, err.syscall ?? '');
  return why === undefined ? err : exports.system(err.errno, err.syscall, err.path, err.dest, why);
};

// path and dest are what is shown, meant is what was decided about: of rename, link and symlink the second is.
function failure(c, need, errno, syscall, path, dest, meant = path) {
  if (errno === -EACCES) {
    for (const [bit, cap] of [[READ, 'fs.read'], [WRITE, 'fs.write']]) {
      if (need & bit && !exports.peek(c, cap, meant)) {
        const err = deny.denied(c, cap, rooted(meant), -1, { syscall, path });
        if (dest !== undefined) err.dest = dest;
        return err;
      }
    }
  }
  return exports.system(errno, syscall, path, dest, meant === '' ? undefined : whyBoxed(c, errno, need, meant, false, syscall));
}

// ---- descriptors

// psx.node takes relative paths against the directory that the program was started in; the application may have left it.
const { process } = host.global;
const rooted = (path) => (path.charCodeAt(0) === 47 ? path : `${process.cwd()}/${path}`);
exports.rooted = rooted;
exports.peek = (c, cap, path) => psx.peek(c.id, psx.cap[cap], rooted(path), -1);

// An O_PATH descriptor of this run of the operation; given back with shut().
exports.at = (c, path, need, how, syscall, shown = path, dest = undefined, meant = path) => {
  const fd = path === '' ? -ENOENT : psx.fsAt(c.id, rooted(path), need, how);
  if (fd >= 0) return fd;
  throw failure(c, need, fd, syscall, shown, dest, meant);
};
exports.shut = (fd) => { psx.fsClose(fd); };
exports.proc = (fd) => `/proc/self/fd/${fd}`;

exports.open = (c, path, flags, mode, syscall = 'open') => {
  const fd = path === '' ? -ENOENT : psx.fsOpen(c.id, rooted(path), flags, mode);
  if (fd >= 0) return fd;
  const access = flags & 3;
  const changes = access !== 0 || (flags & (O_CREAT | O_TRUNC | O_APPEND)) !== 0;
  throw failure(c, (access === 1 ? 0 : READ) | (changes ? WRITE : 0), fd, syscall, path);
};

// Whoever may write a path may see that it is there; asked first for what is held, so that the record shows no false denial.
const writers = new WeakMap(); // compartment -> holds some fs.write
exports.seeing = (c, path) => {
  let writes = writers.get(c);
  if (writes === undefined) writers.set(c, writes = psx.holds(c.id, psx.cap['fs.write']));
  if (!writes || exports.peek(c, 'fs.read', path)) return READ;
  return exports.peek(c, 'fs.write', path) ? WRITE : READ;
};

// In a box the kernel has no rule for what is granted by itself, and for what lies in a directory that was made since. It refuses
// then what the policy allows, and the supervisor does it (src/addon/entries.c). EEXIST and the like are the kernel's own word.
const isSupervised = host.plan.box != null && host.plan.box.control >= 0;
exports.asksAgain = (err) => isSupervised && (err.code === 'EACCES' || err.code === 'EPERM' || err.code === 'EXDEV');
const again = {
  __proto__: null,
  unlink: (c, path) => psx.fsUnlink(c.id, rooted(path)),
  rmdir: (c, path) => psx.fsRmdir(c.id, rooted(path)),
  mkdir: (c, path, mode) => psx.fsMkdir(c.id, rooted(path), mode),
  rename: (c, from, to) => psx.fsRename(c.id, rooted(from), rooted(to)),
};
// Returns when it was done; throws what is to be said when not.
exports.again = (err, c, syscall, path, more) => {
  if (!again[syscall] || !exports.asksAgain(err)) throw err;
  const errno = again[syscall](c, path, more);
  if (errno !== 0) throw exports.system(errno, syscall, path);
};

// A descriptor or -errno, for those who need no error object.
exports.tryAt = (c, path, need, how) => (path === '' ? -ENOENT : psx.fsAt(c.id, rooted(path), need, how));

const plain = (name) => name !== '' && name !== '.' && name !== '..';

// A directory entry, without following it: descriptor of the parent and a path through it.
exports.entry = (c, path, need, syscall, more = {}) => {
  let short = path;
  while (short.length > 1 && short.endsWith('/')) short = short.slice(0, -1);
  let name = short.slice(short.lastIndexOf('/') + 1);
  if (path !== '' && !plain(name)) {
    short = args.absolute(path);
    name = short.slice(short.lastIndexOf('/') + 1);
  }
  if (!plain(name)) name = '.';
  const how = syscall === 'mkdir' || syscall === 'rmdir' ? DIR_ENTRY : PARENT;
  const fd = exports.at(c, short, need, name === '.' ? TARGET : how, syscall, more.shown ?? path, more.dest, path);
  const ref = `/proc/self/fd/${fd}/${name}`;
  if (short !== path && path.endsWith('/') && syscall !== 'mkdir') withSlash(fd, ref, syscall, path, more);
  return { fd, ref };
};

// "name/" means a directory. The slash is not passed on, for it would follow a link; what the kernel says then is said here.
function withSlash(fd, ref, syscall, path, more) {
  const found = real.lstatSync(ref, { throwIfNoEntry: false });
  const creates = more.dest === path && syscall !== 'rename';
  let code = null;
  if (found && !found.isDirectory()) code = creates ? 'EEXIST' : 'ENOTDIR';
  else if (!found && creates) code = 'ENOENT';
  else if (!found && more.directory === false) code = 'ENOTDIR';
  if (code === null) return;
  psx.fsClose(fd);
  throw exports.system(-host.real('os').constants.errno[code], syscall, more.shown ?? path, more.dest);
}

// ---- running an operation

// A guest's function may be eval and its argument our path: it is called from Node's own code, whose import() resolves nothing.
const stack = new AsyncLocalStorage();
exports.guest = (fn, ...values) => stack.run(undefined, fn, ...values);

const own = {
  __proto__: null,
  sleep: {
    sync: use('facade/clock').sleep,
    async: (ms, done) => { setTimeout(done, ms, null); },
  },
  guest: {
    sync: (fn, ...values) => exports.guest(fn, ...values),
    async: (fn, ...rest) => {
      const done = rest.pop();
      let value;
      try {
        value = exports.guest(fn, ...rest);
      } catch (err) {
        return done(err);
      }
      Promise.resolve(value).then((v) => done(null, v), done);
    },
  },
};

function callSync([name, ...rest]) {
  return own[name] ? own[name].sync(...rest) : real[`${name}Sync`](...rest);
}

function callAsync([name, ...rest], done) {
  if (own[name]) own[name].async(...rest, done);
  else real[name](...rest, done);
}

exports.runSync = (steps) => {
  let r = steps.next();
  while (!r.done) {
    let value;
    try {
      value = callSync(r.value);
    } catch (err) {
      r = steps.throw(err);
      continue;
    }
    r = steps.next(value);
  }
  return r.value;
};

function advance(steps, method, value, done) {
  let r;
  try {
    r = steps[method](value);
  } catch (err) {
    return done(err);
  }
  if (r.done) return done(null, r.value);
  try {
    callAsync(r.value, (err, result) => {
      if (err) advance(steps, 'throw', err, done);
      else advance(steps, 'next', result, done);
    });
  } catch (err) {
    advance(steps, 'throw', err, done);
  }
}

// done is called once, and never before this returns.
exports.runAsync = (steps, done) => {
  let now = true;
  advance(steps, 'next', undefined, (err, value) => {
    if (now) nextTick(done, err, value);
    else done(err, value);
  });
  now = false;
};

exports.runPromise = (steps) => new Promise((resolve, reject) => {
  advance(steps, 'next', undefined, (err, value) => {
    if (err) reject(err);
    else resolve(value);
  });
});

// Operations without a result call back with one argument.
exports.finish = (callback, hasResult) => (err, value) => {
  if (err) callback(err);
  else if (value === undefined && !hasResult) callback(null);
  else callback(null, value);
};
exports.nextTick = nextTick;

// ---- prototypes that are shared by all packages: frozen, and an assignment to an instance still makes an own property

const { freezeFunction } = use('harden');
function inert(name) {
  const refuse = { [name]: function () {
    throw Object.assign(new TypeError(`${name}: this constructor is not reachable from an object (npsx)`), { code: 'ERR_CAPABILITY_DENIED' });
  } }[name];
  return freezeFunction(refuse);
}

function tolerant(home, key, value) {
  Object.defineProperty(home, key, {
    get: Object.freeze({ get() { return value; } }.get),
    set: Object.freeze({ set(v) {
      if (this === home) throw new TypeError(`Cannot assign to read only property '${String(key)}'`);
      Object.defineProperty(this, key, { value: v, writable: true, enumerable: true, configurable: true });
    } }.set),
    enumerable: false,
    configurable: false,
  });
}

exports.seal = (proto, name) => {
  for (const key of Reflect.ownKeys(proto)) {
    const d = Object.getOwnPropertyDescriptor(proto, key);
    for (const f of [d.get, d.set]) if (f !== undefined) Object.freeze(f);
    if (key === 'constructor' || !('value' in d) || !d.configurable) continue;
    if (typeof d.value === 'function') freezeFunction(d.value);
    tolerant(proto, key, d.value);
  }
  tolerant(proto, 'constructor', name === undefined ? undefined : inert(name));
  return Object.freeze(proto);
};
exports.inert = inert;
