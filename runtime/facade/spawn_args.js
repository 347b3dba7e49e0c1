// The arguments of child_process for a confined package: read once, every part decided or dropped, and written down as primitives. What comes out is
// what the kernel gets.

const { pick, text } = use('facade/endpoint');
const { denied, may, peek } = use('deny');
const { psx, plan } = host;
const { process: realProcess } = host.global;
const { startPath } = use('compartment');
const { codes } = host.internal('internal/errors');
const { fileURLToPath } = host.real('url');
const { resolve, basename } = host.real('path');
const { getSystemErrorName } = host.real('util');
const { closeSync: realClose } = host.real('fs');

const OPTIONS = ['cwd', 'env', 'argv0', 'stdio', 'detached', 'uid', 'gid', 'serialization', 'shell', 'windowsHide', 'windowsVerbatimArguments', 'signal', 'timeout', 'killSignal', 'maxBuffer',
  'encoding', 'input', 'execPath', 'execArgv', 'silent'];
const STDIO = ['stdin', 'stdout', 'stderr'];
const WHOLE = new Set(['ignore', 'pipe', 'overlapped', 'inherit']);
const NOWHERE = '/nonexistent';

const CHILD = 2;                                        // psx_policy_use: names that steer loaders and interpreters need a grant of exactly this name

// The whole environment that a child is given unasked: while learning, a child that learns too will say which names it needs.
const unasked = (c, back) => {
  const { make, look } = use('facade/env');
  if (plan.mode !== 'learn' || !back) return make(c);
  return Object.fromEntries(Reflect.ownKeys(make(c)).map((name) => [name, look(c, name)]));
};
const environment = (c, given, back) => {
  const from = given ?? unasked(c, back);
  const out = { __proto__: null };
  for (const key in from) {             // inherited names too, as Node
    const value = from[key];
    if (value === undefined) continue;
    const name = `${key}`;
    if (!psx.env(c.id, name, CHILD)) continue;
    out[name] = text(`${value}`, `options.env['${name}']`);
  }
  return out;
};

const searchPath = (c, given) => {
  const asked = given?.PATH ?? use('facade/env').look(c, 'PATH');
  return typeof asked === 'string' ? asked : realProcess.env.PATH ?? '/usr/local/bin:/usr/bin:/bin';
};

const workingDirectory = (c, given) => {
  if (given === undefined || given === null) return undefined;
  let path = given;
  if (typeof path === 'object' && host.internal('internal/url').isURL(path)) path = fileURLToPath(path);
  if (typeof path !== 'string') throw new codes.ERR_INVALID_ARG_TYPE('options.cwd', ['string', 'URL'], given);
  path = resolve(realProcess.cwd(), text(path, 'options.cwd'));
  const allowed = (at) => at === plan.project || at.startsWith(`${plan.project}/`) || at === c.root || may(c, 'fs.read', at);
  // what was asked for is refused before anybody looks whether it is there, and where a link leads is not told
  if (!allowed(path)) throw denied(c, 'fs.read', path, -1, { syscall: 'spawn', path: given });
  const real = psx.realpath(path) ?? path;
  if (!allowed(real)) throw Object.assign(new Error(`EACCES: permission denied, spawn '${given}'`), { code: 'EACCES', errno: -13, syscall: 'spawn', path: given });
  return real;
};

// 'pipe', 'inherit', descriptors and streams: nothing that is not this package's own.
const ownDescriptor = (c, fd) => {
  if (fd >= 0 && fd <= 2) {
    if (!may(c, 'stdio', STDIO[fd])) throw denied(c, 'stdio', STDIO[fd]);
  } else if (!psx.fsOwns(c.id, fd)) throw Object.assign(new Error('EBADF: bad file descriptor, spawn'), { code: 'EBADF', errno: -9, syscall: 'spawn' });
  return fd;
};
const oneStdio = (c, value, at, sync) => {
  if (value === undefined || value === null) return at < 3 ? 'pipe' : 'ignore';
  if (typeof value === 'string') return value === 'inherit' ? ownDescriptor(c, at) : value;
  if (typeof value === 'number') return ownDescriptor(c, value);
  if (typeof value !== 'object') throw new codes.ERR_INVALID_ARG_VALUE('stdio', value);
  const { fd, _handle: handle } = value;
  if (typeof fd === 'number' && fd >= 0 && (fd <= 2 || !handle)) return ownDescriptor(c, fd);
  if (!sync && handle !== null && typeof handle === 'object') {
    // what Node does with the stream while the child has its handle, and no second look at `fd`
    return { __proto__: null, _handle: handle, pause() { value.pause?.(); }, readableFlowing: false, _readableState: { reading: false } };
  }
  throw new codes.ERR_INVALID_ARG_VALUE('stdio', value);
};
const stdioOf = (c, given, { sync = false, ipc = false } = {}) => {
  let list = given;
  if (list === undefined || list === null) list = sync ? ['pipe', 'pipe', 'pipe'] : [undefined, undefined, undefined];
  else if (typeof list === 'string') {
    if (!WHOLE.has(list)) throw new codes.ERR_INVALID_ARG_VALUE('stdio', list);
    list = [list, list, list];
  }
  else if (!Array.isArray(list)) throw new codes.ERR_INVALID_ARG_VALUE('stdio', list);
  const out = [];
  const { length } = list;
  for (let i = 0; i < Math.max(length, 3); i++) out.push(oneStdio(c, i < length ? list[i] : undefined, i, sync));
  if (ipc && !out.includes('ipc')) out.push('ipc');
  return out;
};

// -- the program
const isNode = (file) => file === plan.execPath || file === realProcess.execPath || basename(file) === 'node';

// Node and npsx under whatever name or link: they lead back to npsx. npsx-engine alone would take any plan.
const OURS = new Set(['node', 'nodejs', 'npsx', 'npsx-engine']);
const inPlace = psx.realpath('/proc/self/exe');
const leadsBack = (path) => [path, psx.realpath(path) ?? path].some((p) => p === plan.execPath || p === inPlace || OURS.has(basename(p)));

// { path, missing, back }: the absolute path of what runs; `missing` when there is no such program (and it is this package's business to know);
// `back`: it is npsx.
const program = (c, file, path, report) => {
  const name = isNode(file) ? 'node' : file;
  const byPath = name !== file && plan.mode !== 'learn' && peek(c, 'spawn', file);      // granted as this path, not as a name
  const found = psx.command(c.id, byPath ? file : name, path);
  if (found === null) throw denied(c, 'spawn', file, -1, { syscall: report, path: file });
  // asking: what a box is asked for: what was granted, whatever runs in its place
  const asking = found ?? '/node';
  if (name === 'node' && (found !== undefined || may(c, 'spawn', 'node'))) return { path: plan.execPath, asking, missing: false, back: true };
  if (found === undefined) return { path: NOWHERE, asking, missing: true, back: false };
  return leadsBack(found) ? { path: plan.execPath, asking, missing: false, back: true } : { path: found, asking, missing: false, back: false };
};

// What npsx must be told so that the child may do what this package may and no more: first, so that nothing the package says comes before it.
// Whatever else decides what a policy means (the directories of its variables, PATH) is this run's too: a package chooses the child's environment.
// While learning the child learns too, in the same place.
const directory = (c) => (c.id === 0 ? plan.as?.dir ?? plan.project : c.root);
const subject = (c, descriptors) => {
  const { as, policy, project, tmp, home, cache, audit, trust, state, learnTo: learn, boxMode: box, boxPretend, quiet } = plan;
  return [`--as=${JSON.stringify({ dir: directory(c), project, policy: policy === null ? null : policy.file, signature: policy?.signature ?? null, integrity: policy?.integrity ?? null, trust, state, cwd: as?.cwd ?? plan.cwd, tmp, home, cache, path: as?.path ?? startPath, audit, learn, box, boxPretend, quiet, descriptors })}`];
};

// Inside a box nothing can be started that is not in the same box: npsx-spawn, which can do nothing, stands for the child and asks the supervisor for it.
const boxed = plan.box?.control >= 0 && Boolean(plan.box.spawner);
const HIGH = 128;                                       // PSX_BOX_ORDER_FDS
// { path, args, options, done }: what Node is to start in place of `plain`. done() must be called once it has.
const throughSpawner = (c, { path, missing, back, asking, args, options }, syscall) => {
  if (!boxed || missing) return { path, args, options, done() {} };
  const fail = (errno) => { throw Object.assign(new Error(`${getSystemErrorName(errno)}: no child can be started, ${syscall}`), { errno, code: getSystemErrorName(errno), syscall }); };
  if (options.stdio.length > HIGH) fail(-7);
  const channel = psx.channel(c.id);
  if (channel < 0) fail(channel);
  const { argv0, uid, gid, ...rest } = options;
  // whoever may not change its user hears so from Node
  const root = realProcess.geteuid() === 0;
  const who = (id) => (root && Number.isInteger(id) && id >= 0 && id < 2 ** 31 ? id : -1);
  if (who(uid) < 0 && uid !== undefined) rest.uid = uid;
  if (who(gid) < 0 && gid !== undefined) rest.gid = gid;
  return {
    path: plan.box.spawner,
    args: [`${options.stdio.length}`, directory(c), back ? 'node' : 'command', `${who(uid)}`, `${who(gid)}`, asking, argv0, ...args],
    options: { __proto__: null, ...rest, argv0: 'npsx-spawn', stdio: [...options.stdio, channel] },
    done() { realClose(channel); },
  };
};

// execArgv as fork() takes it from process.execArgv: the application's environment files and preloads are not the package's.
const VALUED = /^(-r|--require|--import|--env-file|--env-file-if-exists)(?:=(.*))?$/s;
const carry = (argv) => {
  const pairs = (args) => {
    const out = [];
    for (let i = 0; i < args.length; i++) {
      const m = VALUED.exec(args[i]);
      const apart = m !== null && m[2] === undefined;
      out.push({ args: args.slice(i, apart ? i + 2 : i + 1), key: m && `${m[1]} ${apart ? args[i + 1] : m[2]}` });
      if (apart) i++;
    }
    return out;
  };
  const theirs = new Set(pairs(plan.execArgv ?? []).map((p) => p.key));
  return pairs(argv).filter((p) => p.key === null || !theirs.has(p.key)).flatMap((p) => p.args);
};

const list = (args) => {
  const out = [];
  const { length } = args;
  for (let i = 0; i < length; i++) out.push(text(`${args[i]}`, `args[${i}]`));
  return out;
};

// (file, args?, options?) -> { file, path, args, options, missing }
const read = (c, file, args, options, { sync = false, ipc = false, report = 'spawn' } = {}) => {
  text(file, 'file');
  if (file === '') throw new codes.ERR_INVALID_ARG_VALUE('file', file, 'cannot be empty');
  let given = options;
  let argv = [];
  if (Array.isArray(args)) argv = list(args);
  else if (args !== undefined && args !== null) {
    if (typeof args !== 'object') throw new codes.ERR_INVALID_ARG_TYPE('args', 'object', args);
    given = args;
  }
  if (given !== undefined && given !== null && typeof given !== 'object') throw new codes.ERR_INVALID_ARG_TYPE('options', 'object', given);
  const o = pick(given, OPTIONS);
  if (o.shell !== undefined && o.shell !== null && typeof o.shell !== 'boolean' && typeof o.shell !== 'string') throw new codes.ERR_INVALID_ARG_TYPE('options.shell', ['boolean', 'string'], o.shell);
  if (o.env !== undefined && o.env !== null && typeof o.env !== 'object') throw new codes.ERR_INVALID_ARG_TYPE('options.env', 'object', o.env);
  for (const key of ['uid', 'gid', 'timeout', 'detached', 'windowsHide', 'windowsVerbatimArguments', 'serialization', 'argv0', 'killSignal'])
    if (typeof o[key] === 'object' && o[key] !== null) throw new codes.ERR_INVALID_ARG_TYPE(`options.${key}`, 'primitive', o[key]);
  // for those who collect output; spawn() looks at neither
  for (const key of ['maxBuffer', 'encoding']) if (typeof o[key] === 'object') delete o[key];
  const path = searchPath(c, o.env);
  const shell = o.shell ? (o.shell === true ? '/bin/sh' : text(o.shell, 'options.shell')) : undefined;
  const asked = shell === undefined ? file : shell;
  const found = program(c, o.shell === true ? 'sh' : asked, path, `${report} ${asked}`);
  const out = { __proto__: null, ...o, env: environment(c, o.env, found.back), cwd: workingDirectory(c, o.cwd), stdio: stdioOf(c, o.stdio, { sync, ipc }), shell: false };
  delete out.execPath; delete out.execArgv; delete out.silent;
  if (out.cwd === undefined) delete out.cwd;
  const command = argv.length > 0 ? `${file} ${argv.join(' ')}` : file;
  // Programs that are many in one file choose by this name: it may be another spelling of what was granted, not another program.
  const argv0 = o.argv0 === undefined || o.argv0 === null ? asked : text(o.argv0, 'options.argv0');
  out.argv0 = basename(argv0) === basename(asked) ? argv0 : asked;
  // libuv looks a bare name up in the child's PATH: give it a path always
  const shown = shell === undefined ? argv : ['-c', command];
  const { path: runs, missing, back, asking } = found;
  return { file: asked, path: runs, missing, back, asking, args: back && !boxed ? [...subject(c, out.stdio.length), ...shown] : shown, shown, options: out };
};

Object.assign(exports, { read, throughSpawner, boxed, list, carry, isNode, stdioOf, searchPath, NOWHERE });
