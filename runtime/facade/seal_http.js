// Agents, requests and parsers of Node's http are handed around like sockets: a response leads to its request, its agent, and from there to
// connections. A request that a package (or the ambient application) starts gets a ticket in its options; an agent serves tickets only, and only
// to the endpoint that the ticket names. So `res.req.agent.createConnection(...)` opens nothing.

const { ofHost, ofPath, mayReach, refusal, orphan } = use('facade/endpoint');
const { poolOf, pooled, sealAgents, making, hideAgent } = use('facade/seal_agent');
const seals = use('facade/seal_net');
const { freezeFunction } = use('harden');
const { vetHandlers, AMBIENT, owners, own, ticket, ticketOf, kTicket, replace, disarm, stand, netConnect, construct, lockHandle } = seals;
const { apply, construct: make, defineProperty, getPrototypeOf } = Reflect;
const nextTick = host.global.process.nextTick.bind(host.global.process);

// a server keeps the timer by which it looks after its connections
const http = use('facade/seal_timeout').loading(() => host.real('http'));
const { Agent, ClientRequest } = http;
const { kProxyConfig } = host.internal('internal/http');
const { urlToHttpOptions } = host.real('url');

// -- requests
const isUrl = (value) => host.internal('internal/url').isURL(value);
const { URL } = host.real('url');

// request(url | string, options, callback) as one object that nobody else holds, every option asked once.
const requestArguments = (args) => {
  let [input, options, callback] = args;
  if (typeof input === 'string') input = urlToHttpOptions(new URL(input));
  else if (isUrl(input)) input = urlToHttpOptions(input);
  else { callback = options; options = input; input = null; }
  if (typeof options === 'function') { callback = options; options = undefined; }
  return { options: Object.assign({ __proto__: null }, input, options), callback };
};

const endpointOf = (o, defaultPort) => (o.socketPath ? ofPath(`${o.socketPath}`) : ofHost(`${o.hostname || o.host || 'localhost'}`, Number(o.port || o.defaultPort || defaultPort || 80)));

// options gets its ticket. The options of one's own agent win over the request's, as in addRequest; those of somebody else's do not make the ticket.
const admit = (c, options, agent) => {
  const owner = agent !== null && typeof agent === 'object' ? owners.get(agent)?.c : undefined;
  const final = owner !== undefined && (owner === c || (owner.ambient && c.ambient)) && agent.options ? { __proto__: null, ...options, hostname: options.hostname || options.host, ...pickEndpoint(agent.options) } : options;
  const lookups = owner === c || (owner?.ambient && c.ambient) ? [options.lookup, agent.options?.lookup] : [options.lookup];
  options[kTicket] = ticket({ c, agent, to: endpointOf(final, agent?.defaultPort), asked: undefined, lookups });
  return options;
};
const pickEndpoint = ({ host: name, port, socketPath }) => {
  const out = { __proto__: null };
  if (name !== undefined) { out.host = name; out.hostname = name; }
  if (port !== undefined) out.port = port;
  if (socketPath !== undefined) out.socketPath = socketPath;
  return out;
};

// May the holder of ticket `t` go to `to` through `agent`? The compartment as which to connect, or an error.
const passage = (t, agent, to) => {
  const ask = (c) => (c.ambient || mayReach(c, 'net.connect', to) ? undefined : refusal(c, 'net.connect', to, 'connect'));
  if (t.to?.key === to.key) {
    if (t.asked === undefined) t.asked = { error: ask(t.c) };
    return { c: t.c, error: t.asked.error };
  }
  // An agent that turns the request elsewhere (a proxy): its owner and the one who asked must both be allowed to go there.
  const owner = owners.get(agent)?.c;
  if (owner === undefined) return { error: orphan('createConnection()') };
  if (t.c.ambient && owner.ambient && (t.agent !== agent || BUILTIN.has(getPrototypeOf(agent)))) return { error: orphan('createConnection()') };
  return { c: owner.ambient ? t.c : owner, error: ask(t.c) ?? ask(owner) };
};
const BUILTIN = new Set();
const connectionEndpoint = (o) => (o.path ? ofPath(`${o.path}`) : ofHost(`${o.host || 'localhost'}`, Number(o.port || 0)));

function addRequest(req, options, ...legacy) {
  const t = ticketOf(options);
  // what only inherits from an agent has that agent's idle sockets, and may call a pool what it likes
  if (t === undefined || legacy.length > 2 || (!t.c.ambient && owners.get(this) === undefined)) throw orphan('addRequest()');
  const final = { __proto__: null, ...options, ...this.options };
  const { error } = passage(t, this, final.socketPath ? ofPath(`${final.socketPath}`) : ofHost(`${final.host || 'localhost'}`, Number(final.port || 0)));
  if (error !== undefined) { req.onSocket(null, error); return undefined; }
  const pool = poolOf(this);
  if (pool === this) return apply(real.addRequest, this, [req, options]);
  // what waits or connects keeps these options, and is no walk back to the agent
  const { agent, _defaultAgent, ...own } = options;
  return apply(real.addRequest, pool, [req, own]);
}

// Shared by http and https. options is Node's own object, or what an agent's subclass made of it.
const connection = (agent, args, open) => {
  const options = args.find((x) => x !== null && typeof x === 'object');
  const callback = args.find((x) => typeof x === 'function');
  const t = ticketOf(options);
  if (t === undefined) throw orphan('createConnection()');
  const plain = { ...options };
  for (const key of NEVER) delete plain[key];
  // whoever holds the ticket may not say what its name means: an ambient lookup is not checked
  if (t.c.ambient && !t.lookups.includes(plain.lookup)) delete plain.lookup;
  const { c, error } = passage(t, agent, connectionEndpoint(plain));
  if (error !== undefined) {
    if (callback === undefined) throw error;
    nextTick(callback, error);
    return undefined;
  }
  delete plain[kTicket];
  return open(c, plain, connectionEndpoint(plain).key, callback);
};
const NEVER = ['fd', 'handle', '_handle'];
const trusted = (c, agent) => c.ambient && owners.get(agent)?.c.ambient === true;

function createConnection(...args) {
  return connection(this, args, (c, options, key, callback) => {
    if (trusted(c, this) && this[kProxyConfig]) return apply(real.createConnection, this, callback ? [options, callback] : [options]);
    return netConnect(c, [options], key);
  });
}

// -- sealing
const real = { addRequest: Agent.prototype.addRequest, createConnection: Agent.prototype.createConnection };

// agent: false means a new agent of the protocol's class for this request alone
const withAgent = (module, options) => {
  if (options.agent === false) options.agent = construct(AMBIENT, module === http ? Agent : HttpsAgent, []);
  const agent = options.agent ?? (typeof options.createConnection === 'function' ? undefined : options._defaultAgent ?? module.globalAgent);
  return admit(AMBIENT, options, agent);
};
// Node's own request and get, for callers that wrote the ticket themselves
const requests = new Map();
const standRequests = (module) => {
  requests.set(module, {});
  for (const key of ['request', 'get']) {
    const real = module[key];
    const fn = requests.get(module)[key] = (...args) => making(() => real(...args));
    stand(module, key, { [key](...args) {
      const { options, callback } = requestArguments(args);
      return fn(withAgent(module, options), callback);
    } }[key]);
  }
};
const standAgent = (module, C) => {
  stand(module, 'Agent', function Agent_(...args) {
    if (new.target === undefined && this instanceof C) { apply(C, this, args); own(this, AMBIENT); return undefined; }
    const agent = make(C, args, new.target ?? C);
    own(agent, AMBIENT);
    return agent;
  });
  own(module.globalAgent, AMBIENT);
  BUILTIN.add(C.prototype);
  disarm(C);
};

const makeRequest = (args, target) => making(() => make(ClientRequest, args, target));

// Listeners that Node adds to every connection. A stream that a package wrote is handed them by a plain call of its on(), so they are frozen before.
const catchListeners = () => {
  const caught = {};
  for (const key of ['on', 'removeListener', 'ref']) caught[key] = (event, f) => { if (typeof f === 'function') freezeFunction(f); };
  return caught;
};
exports.catchListeners = catchListeners;
function freezeListeners() {
  const socket = catchListeners();
  http._connectionListener.call(new http.Server(), socket);
  freezeFunction(socket.setEncoding);
  Agent.prototype.reuseSocket(catchListeners(), {});
  // the same for a request, which Node does in the next turn
  const request = { emit() { freezeFunction(this.parser.onIncoming); }, _flush() {} };
  ClientRequest.prototype.onSocket.call(request, catchListeners());
}

let done = false;
exports.sealHttp = () => {
  if (done) return;
  done = true;
  standRequests(http);
  standAgent(http, Agent);
  stand(http, 'ClientRequest', function ClientRequest_(...args) {
    const { options, callback } = requestArguments(args);
    return makeRequest([withAgent(http, options), callback], new.target ?? ClientRequest);
  });
  use('facade/seal_context').seal();
  hideAgent(ClientRequest.prototype);
  vetHandlers(ClientRequest.prototype, ['timeoutCb']);
  freezeFunction(new http.OutgoingMessage()._onPendingData);
  sealAgents(Agent);
  replace(Agent.prototype, 'addRequest', addRequest);
  replace(Agent.prototype, 'createConnection', createConnection);
  // https loads later and assigns its own; so do packages, on agents of theirs
  for (const key of Object.keys(Agent.prototype)) {
    const method = Agent.prototype[key];
    if (!Object.getOwnPropertyDescriptor(Agent.prototype, key).get && typeof method === 'function') replace(Agent.prototype, key, method);
  }
  for (const C of [ClientRequest, http.Server]) disarm(C);
  defineProperty(http.ServerResponse.prototype, 'statusCode', statusCode);
  defineProperty(http.ServerResponse.prototype, 'statusMessage', statusMessage);
  sealParsers();
  freezeListeners();
};

// Defaults that Node keeps on the prototype and sets on each response. Frozen there they could not be set; as accessors that define an own property they
// would cost a tenth of a small response. So the value lives under a symbol; one accessor for both names would see two symbols and be slow again.
const kStatusCode = Symbol('statusCode');
const kStatusMessage = Symbol('statusMessage');
const Slots = {
  get statusCode() { const value = this[kStatusCode]; return value === undefined ? 200 : value; },
  set statusCode(value) { if (this !== http.ServerResponse.prototype) this[kStatusCode] = value; },
  get statusMessage() { return this[kStatusMessage]; },
  set statusMessage(value) { if (this !== http.ServerResponse.prototype) this[kStatusMessage] = value; },
};
const slot = (key) => {
  const { get, set } = Reflect.getOwnPropertyDescriptor(Slots, key);
  return { get: Object.freeze(get), set: Object.freeze(set), enumerable: true, configurable: false };
};
const statusCode = slot('statusCode');
const statusMessage = slot('statusMessage');

// A socket leads to its parser, whose callbacks must stay Node's; and a parser leads to the request it is at. Node's pool would lend it to the next
// connection, whoever's that is, while a package still holds it: so each connection has a parser of its own.
function sealParsers() {
  const { parsers } = host.internal('_http_common');
  const { ctor } = parsers;
  parsers.max = 0;
  parsers.ctor = function (...args) {
    const parser = apply(ctor, this, args);
    for (const key of Object.keys(parser)) {
      if (/^\d+$/.test(key) && typeof parser[key] === 'function') defineProperty(freezeFunction(parser[key]) && parser, key, { writable: false, configurable: false });
    }
    return parser;
  };
  const { HTTPParser } = host.internal('internal/test/binding').internalBinding('http_parser');
  const { initialize } = HTTPParser.prototype;
  const seen = new WeakSet();
  Object.defineProperty(HTTPParser.prototype, 'initialize', { value: { initialize(type, resource, ...rest) {
    const proto = getPrototypeOf(resource);
    if (!seen.has(proto)) {
      seen.add(proto);
      use('seal').prototype(proto);
    }
    return apply(initialize, this, [type, resource, ...rest]);
  } }.initialize });
  lockHandle(HTTPParser);
}

let https;
let HttpsAgent;
exports.HttpsAgent = () => HttpsAgent;
exports.sealHttps = () => {
  https = host.real('https');
  const C = HttpsAgent = https.Agent;
  const open = C.prototype.createConnection;
  pooled(C);
  standRequests(https);
  standAgent(https, C);
  disarm(https.Server);
  replace(C.prototype, 'createConnection', function createConnection(...args) {
    return connection(this, args, (c, options, key, callback) => {
      options[kTicket] = ticket({ c, key, once: true });
      if (trusted(c, this)) return apply(open, this, callback ? [options, callback] : [options]);
      // sessions may be reused; a proxy that was put on the agent by hand may not
      const agent = this;
      return apply(open, { __proto__: null, options: {}, protocol: 'https:', defaultPort: 443, _getSession(k) { return agent._getSession?.(k); },
        _cacheSession(k, s) { return agent._cacheSession?.(k, s); }, _evictSession(k) { return agent._evictSession?.(k); } }, [options]);
    });
  });
};

let http2Done = false;
exports.sealHttp2 = () => {
  if (http2Done) return;
  http2Done = true;
  const { ServerHttp2Session, Http2Session, Http2Stream } = host.internal('internal/http2/core');
  for (const C of [ServerHttp2Session, Http2Session, Http2Stream]) disarm(C);
};

Object.assign(exports, { requests, requestArguments, endpointOf, admit, connection, makeRequest, Agent, ClientRequest });
