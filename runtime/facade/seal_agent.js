// An agent is handed around, and every response leads to one: req.agent. What it holds belongs to others: their sockets, their waiting requests, the methods
// that their next requests go through. So
//
//   an agent of Node's class keeps its pool in a second agent that nobody is given; its `sockets`, `freeSockets` and `requests` say how many there are
//   req.agent is the agent while Node makes the request; afterwards it is a view: the settings, and nothing to call or to replace

const { freezeFunction } = use('harden');
const { AMBIENT, owners, construct, replace } = use('facade/seal_net');
const { apply, defineProperty, getPrototypeOf } = Reflect;
const { freeze, hasOwn } = Object;

// -- A request that is over leads to its connection no more: the next request on it is somebody else's. What stays tells addresses.
const TOLD = ['remoteAddress', 'remotePort', 'remoteFamily', 'localAddress', 'localPort', 'localFamily', 'encrypted', 'authorized', 'authorizationError', 'servername', 'alpnProtocol', 'bytesRead',
  'bytesWritten', 'destroyed', 'timeout'];
class ReleasedSocket {
  #socket;
  constructor(socket) { this.#socket = socket; }
  static { for (const key of TOLD) defineProperty(this.prototype, key, { get() { return this.#socket[key]; }, enumerable: true, configurable: true }); }
  getPeerCertificate(detailed) { return this.#socket.getPeerCertificate?.(detailed); }
  getCipher() { return this.#socket.getCipher?.(); }
  getProtocol() { return this.#socket.getProtocol?.(); }
  address() { return { ...this.#socket.address() }; }
  listenerCount() { return 0; }
  listeners() { return []; }
  write() { return false; }
  get writable() { return false; }
  get readable() { return false; }
}
for (const key of ['on', 'once', 'off', 'addListener', 'removeListener', 'removeAllListeners', 'prependListener', 'setTimeout', 'setNoDelay', 'setKeepAlive', 'ref', 'unref', 'pause', 'resume', 'end', 'destroy'])
  ReleasedSocket.prototype[key] = { [key]() { return this; } }[key];
defineProperty(ReleasedSocket.prototype, 'constructor', { value: use('deny').inert('Socket') });
use('seal').own(ReleasedSocket);
const released = new WeakMap();
function release(request, socket) {
  if (!request) return;
  let stub = released.get(socket);
  if (stub === undefined) released.set(socket, stub = freeze(new ReleasedSocket(socket)));
  for (const message of [request, request.res]) if (message) for (const key of ['socket', 'client']) if (message[key] === socket) message[key] = stub;
}

// -- pools
const SETTINGS = ['maxSockets', 'maxFreeSockets', 'maxTotalSockets', 'keepAlive', 'keepAliveMsecs', 'scheduling', 'defaultPort', 'protocol', 'agentKeepAliveTimeoutBuffer', 'options'];
// what may be assigned to a single agent, and is then asked
const ASSIGNED = ['createConnection', 'createSocket', 'keepSocketAlive', 'reuseSocket', 'getName'];
const ONE = freeze({ __proto__: null });
const pools = new WeakMap();

const countsOf = (lists) => {
  const out = { __proto__: null };
  for (const name of Object.keys(lists)) out[name] = freeze(lists[name].map(() => ONE));
  return freeze(out);
};
const make = (agent, C) => {
  const pool = construct(owners.get(agent)?.c ?? AMBIENT, C, [agent.options]);
  for (const key of ASSIGNED) {
    const own = pool[key];
    pool[key] = (...args) => (key === 'createConnection' || hasOwn(agent, key) ? apply(agent[key], agent, args) : apply(own, pool, args));
  }
  for (const key of ['sockets', 'freeSockets', 'requests']) defineProperty(agent, key, { get: freeze(() => countsOf(pool[key])), set: undefined, enumerable: true, configurable: true });
  defineProperty(agent, 'totalSocketCount', { get: freeze(() => pool.totalSocketCount), set: undefined, enumerable: true, configurable: true });
  pool.prependListener('free', (socket) => { release(socket._httpMessage, socket); });
  pools.set(agent, pool);
  return pool;
};

// The agent that holds the sockets of this one. Classes of packages (agentkeepalive) manage their own.
const classes = new Map();
exports.poolOf = (agent) => {
  let pool = pools.get(agent);
  if (pool === undefined) {
    const C = classes.get(getPrototypeOf(agent));
    if (C === undefined || !Object.isExtensible(agent)) return agent;
    pool = make(agent, C);
  }
  for (const key of SETTINGS) pool[key] = agent[key];
  return pool;
};
exports.pooled = (C) => { classes.set(C.prototype, C); };

exports.sealAgents = (Agent) => {
  exports.pooled(Agent);
  const { destroy } = Agent.prototype;
  replace(Agent.prototype, 'destroy', { destroy() {
    const pool = pools.get(this);
    return apply(destroy, pool ?? this, []);
  } }.destroy);
};

// -- req.agent
const agents = new WeakMap();           // request -> { agent, open }
const views = new WeakMap();
let latest;
const viewOf = (agent) => {
  if (typeof agent !== 'object' || agent === null) return agent;
  let view = views.get(agent);
  if (view === undefined) {
    view = { __proto__: null };
    for (const key of ['protocol', 'defaultPort', 'keepAlive', 'maxSockets', 'maxFreeSockets', 'maxTotalSockets']) defineProperty(view, key, { get: freeze(() => agent[key]), enumerable: true });
    const options = { __proto__: null };
    // Node asks for it on each new socket
    defineProperty(options, 'timeout', { get: freeze(() => agent.options?.timeout), enumerable: true });
    defineProperty(view, 'options', { value: freeze(options), enumerable: true });
    views.set(agent, freeze(view));
  }
  return view;
};

// Runs what makes a request; from then on its agent is a view.
exports.making = (fn) => {
  const outer = latest;
  latest = undefined;
  try { return fn(); } finally {
    if (latest !== undefined) latest.open = false;
    latest = outer;
  }
};
exports.hideAgent = (prototype) => {
  const { get, set } = Object.getOwnPropertyDescriptor({
    get agent() {
      const known = agents.get(this);
      return known === undefined ? undefined : known.open ? known.agent : viewOf(known.agent);
    },
    set agent(agent) {
      if (agents.has(this) || this === prototype) return;
      agents.set(this, latest = { agent, open: true });
    },
  }, 'agent');
  defineProperty(prototype, 'agent', { get: freezeFunction(get), set: freezeFunction(set), enumerable: true, configurable: false });
};
