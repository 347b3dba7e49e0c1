// The arguments of the network builtins: read once, as primitives, into objects that nobody else holds; and where they lead, in the words that
// psx.decide understands. Nothing is decided here.

const { denied, may, peek } = use('deny');
const { psx } = host;
const { codes } = host.internal('internal/errors');

const EACCES = -13;
const NAMES_MAX = 1024;

// -- reading options
// A fresh object with what `from` answers for each key, asked once. Own or inherited, as Node reads them.
const pick = (from, keys) => {
  const out = { __proto__: null };
  if (from === null || from === undefined) return out;
  for (const key of keys) {
    const value = from[key];
    if (value !== undefined) out[key] = value;
  }
  return out;
};

const text = (value, name) => {
  if (typeof value !== 'string') throw new codes.ERR_INVALID_ARG_TYPE(name, 'string', value);
  if (value.includes('\0') && !(name === 'options.path' && value[0] === '\0')) throw new codes.ERR_INVALID_ARG_VALUE(name, value, 'must be a string without null bytes');
  return value;
};

// Node's own rule: a number or a string of digits, 0 to 65535. Anything that could answer twice is no port.
const port = (value, name = 'options.port') => {
  if (typeof value !== 'number' && typeof value !== 'string') throw new codes.ERR_INVALID_ARG_TYPE(name, ['number', 'string'], value);
  const number = +value;
  if ((typeof value === 'string' && value.trim() === '') || !(number >= 0) || number !== number >>> 0 || number > 65535) throw new codes.ERR_SOCKET_BAD_PORT(name, value, true);
  return number;
};

const primitive = (value) => value === null || (typeof value !== 'object' && typeof value !== 'function');
const FUNCTIONS = new Set(['lookup']);
const OBJECTS = new Set(['signal', 'onread', 'blockList', 'handle']);
const checkShapes = (options) => {
  for (const key of Object.keys(options)) {
    const value = options[key];
    if (primitive(value) || OBJECTS.has(key) || (FUNCTIONS.has(key) && typeof value === 'function')) continue;
    throw new codes.ERR_INVALID_ARG_TYPE(`options.${key}`, 'primitive', value);
  }
  return options;
};

const SOCKET = ['allowHalfOpen', 'readable', 'writable', 'signal', 'onread', 'noDelay', 'keepAlive', 'keepAliveInitialDelay', 'highWaterMark', 'readableHighWaterMark',
  'writableHighWaterMark', 'blockList', 'typeOfService', 'objectMode', 'readableObjectMode', 'writableObjectMode', 'pauseOnCreate', 'manualStart', 'encoding'];
const CONNECT = ['port', 'host', 'path', 'localAddress', 'localPort', 'family', 'hints', 'lookup', 'timeout', 'autoSelectFamily', 'autoSelectFamilyAttemptTimeout'];
const socketOptions = (options) => checkShapes(pick(options, SOCKET));
const connectOptions = (options) => {
  const out = checkShapes(pick(options, CONNECT));
  if (out.path !== undefined && out.path !== null && out.path !== '') out.path = text(out.path, 'options.path');
  if (out.host !== undefined && out.host !== null) out.host = text(out.host, 'options.host');
  return out;
};

// -- where it leads
// { value, port, key }: value and port as psx.decide takes them, key the same as one string.
const absolute = (path) => (path[0] === '/' ? path : `${host.global.process.cwd()}/${path}`);
const tidy = (path) => host.real('path').resolve(path);
const ofPath = (path) => {
  const value = path[0] === '\0' ? `unix:@${path.slice(1)}` : `unix:${tidy(absolute(path))}`;
  return { value, port: -1, key: value };
};
const ofHost = (name, number) => ({ value: name, port: number, key: `${name.toLowerCase()}:${number}` });
const where = (options) => (options.path ? ofPath(options.path) : ofHost(options.host || 'localhost', port(options.port)));

// A path is matched as asked for and again as resolved: a link must not lead from a granted socket to another one.
const resolved = (value) => {
  if (!value.startsWith('unix:/')) return value;
  const path = value.slice(5);
  const real = psx.realpath(path);
  if (real !== undefined && real !== null) return `unix:${real}`;
  const at = path.lastIndexOf('/');
  const parent = psx.realpath(path.slice(0, at) || '/');
  return parent === undefined || parent === null ? value : `unix:${parent === '/' ? '' : parent}${path.slice(at)}`;
};
const mayReach = (c, cap, to) => {
  if (!may(c, cap, to.value, to.port)) return false;
  const real = resolved(to.value);
  return real === to.value || may(c, cap, real, to.port);
};

// The refusal as Node shows a refused connection: address and port beside code and syscall.
const refusal = (c, cap, to, syscall) => {
  const more = { syscall, address: to.value.startsWith('unix:') ? to.value.slice(5) : to.value };
  if (to.port >= 0) more.port = to.port;
  const real = resolved(to.value);
  return denied(c, cap, peek(c, cap, to.value, to.port) ? real : to.value, to.port, more);
};

// What unowned or forged objects get. There is no package to name: nobody was given this.
const orphan = (what) => Object.assign(new Error(`npsx: ${what} needs an object that its own package made`), { code: 'EACCES', errno: EACCES, capability: 'net.connect' });

// -- names and addresses
// What the system's resolver answered for a name. A package's own `lookup` may choose among these, and invent nothing.
const answers = new Map();
const remember = (name, address) => {
  const key = name.toLowerCase();
  let known = answers.get(key);
  if (known === undefined) {
    if (answers.size >= NAMES_MAX) answers.delete(answers.keys().next().value);
    answers.set(key, known = new Set());
  }
  if (known.size >= NAMES_MAX) known.clear();
  known.add(address);
};
const wasAnswered = (name, address) => answers.get(name.toLowerCase())?.has(address) === true;

// The answers of a lookup as [{address, family}], whatever it called back with.
const listOf = (address, family) => {
  const list = Array.isArray(address) ? [...address] : [{ address, family }];
  return list.map((entry) => {
    const { address: ip, family: kind } = entry ?? {};
    return { address: typeof ip === 'string' ? ip : '', family: kind === 'IPv4' ? 4 : kind === 'IPv6' ? 6 : typeof kind === 'number' ? kind : 0 };
  });
};

const systemLookup = (name, options, callback) => host.real('dns').lookup(name, options, callback);

// A `lookup` for net: asks `lookup` (or the system), keeps the answers that the grant for name:port covers, tells `seen` about each.
const checkedLookup = (c, lookup, name, number, seen) => (_, options, callback) => {
  const { all } = options;
  const refused = (address) => denied(c, 'net.connect', address, number, { syscall: 'connect', hostname: name, address, port: number });
  const finish = (list) => {
    const good = list.filter(({ address }) => c.ambient || psx.address(c.id, name, number, address));
    if (good.length === 0 && list.length > 0) {
      callback(refused(list[0].address));
      return;
    }
    for (const { address } of good) seen(address);
    if (all) callback(null, good);
    else callback(null, good[0]?.address, good[0]?.family);
  };
  const fromSystem = (list) => {
    for (const { address } of list) remember(name, address);
    finish(list);
  };
  if (typeof lookup !== 'function') {
    systemLookup(name, options, (error, address, family) => { if (error) callback(error); else fromSystem(listOf(address, family)); });
    return;
  }
  lookup(name, { ...options }, (error, address, family) => {
    if (error) { callback(error); return; }
    const list = listOf(address, family);
    const invented = () => list.filter((a) => !wasAnswered(name, a.address) && !peek(c, 'net.connect', a.address, number));
    if (c.ambient || invented().length === 0) { finish(list); return; }
    systemLookup(name, { all: true }, (failed, found) => {
      if (!failed) for (const a of found) remember(name, a.address);
      const bad = invented();
      if (bad.length < list.length) finish(list.filter((a) => !bad.includes(a)));
      else callback(refused(bad[0].address));
    });
  });
};

const unsupported = (what) => Object.assign(new Error(`${what} is not supported by npsx yet`), { code: 'ERR_FEATURE_UNAVAILABLE_ON_PLATFORM' });

Object.assign(exports, { EACCES, SOCKET, CONNECT, pick, text, port, socketOptions, connectOptions, ofPath, ofHost, where, mayReach, refusal, orphan, remember, checkedLookup,
  listOf, systemLookup, unsupported });
