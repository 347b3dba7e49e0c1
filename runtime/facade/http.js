// require('http') of a confined package, and what https shares with it. Messages are data, and Node's own classes; requests, agents and servers
// belong to the package: seal_http.js and seal_net.js decide where they lead.

const { port: portOf, text, unsupported } = use('facade/endpoint');
const { seal, own } = use('facade/seal_net');
const { facadeClass } = use('facade/net');
const { named } = use('deny');

const real = host.real('http');
const { codes } = host.internal('internal/errors');
const HOSTS = ['hostname', 'host', 'socketPath'];

// Node's checks, before the decision: what decides and what connects must be the same primitive.
const checkShapes = (options) => {
  for (const key of HOSTS) if (options[key] !== undefined && options[key] !== null) options[key] = text(options[key], `options.${key}`);
  for (const key of ['port', 'defaultPort']) if (options[key]) {
    const port = portOf(options[key], `options.${key}`);
    options[key] = typeof options[key] === 'string' ? `${port}` : port;      // createConnection and agents are shown what was given
  }
  if (options.path !== undefined && options.path !== null && typeof options.path !== 'string') options.path = `${options.path}`;
  return options;
};

// request, get, ClientRequest and Agent for one protocol. real: http or https; C: its real Agent.
exports.client = (c, realModule, RealAgent) => {
  const { requestArguments, requests, admit } = use('facade/seal_http');
  let globalAgent;
  const Agent = facadeClass(c, RealAgent, realModule === real ? use('facade/events').EventEmitter : use('facade/http').make(c).Agent, ([options]) => {
    if (options !== null && typeof options === 'object' && options.proxyEnv !== undefined) throw unsupported('the proxyEnv option of an agent');
    return [options];
  });
  Agent.defaultMaxSockets = Infinity;
  const agent = () => (globalAgent ??= new Agent({ keepAlive: true, scheduling: 'lifo', timeout: 5000 }));
  const prepare = (args) => {
    const { options, callback } = requestArguments(args);
    checkShapes(options);
    if (options.agent === false) options.agent = new Agent();
    else if ((options.agent === undefined || options.agent === null) && typeof options.createConnection !== 'function') options.agent = agentOf(options._defaultAgent) ?? agent();
    options._defaultAgent = agent();
    return [admit(c, options, options.agent), callback];
  };
  const run = (key) => { const fn = requests.get(realModule)[key]; return named((...args) => fn(...prepare(args)), key, 3); };
  return { Agent, agent, set: (value) => { globalAgent = value; }, prepare, request: run('request'), get: run('get') };
};
const agentOf = (value) => (value !== null && typeof value === 'object' && typeof value.addRequest === 'function' ? value : undefined);

const made = new WeakMap();
exports.make = (c) => {
  if (made.has(c)) return made.get(c);
  seal(host, 'http');
  const { Agent: RealAgent, ClientRequest: RealRequest, makeRequest } = use('facade/seal_http');
  const client = exports.client(c, real, RealAgent);
  const module = {
    _connectionListener: real._connectionListener,
    METHODS: [...real.METHODS],
    STATUS_CODES: { ...real.STATUS_CODES },
    Agent: client.Agent,
    ClientRequest: named(function ClientRequest(...args) {
      const request = makeRequest(client.prepare(args), new.target ?? RealRequest);
      own(request, c);
      return request;
    }, 'ClientRequest', RealRequest.length),
    IncomingMessage: real.IncomingMessage,
    OutgoingMessage: real.OutgoingMessage,
    Server: facadeClass(c, real.Server, use('facade/net').make(c).Server, (args) => args),
    ServerResponse: real.ServerResponse,
    createServer(options, listener) { return new module.Server(options, listener); },
    validateHeaderName: real.validateHeaderName,
    validateHeaderValue: real.validateHeaderValue,
    get: client.get,
    request: client.request,
    setMaxIdleHTTPParsers(max) {
      if (!Number.isInteger(max)) throw new codes.ERR_INVALID_ARG_TYPE('max', 'number', max);
      if (max < 1) throw new codes.ERR_OUT_OF_RANGE('max', '>= 1', max);
    },
    setGlobalProxyFromEnv() { throw unsupported('http.setGlobalProxyFromEnv'); },
    maxHeaderSize: real.maxHeaderSize,
  };
  module.ClientRequest.prototype = RealRequest.prototype;
  Object.setPrototypeOf(module.ClientRequest, real.OutgoingMessage);
  const lazy = (key, get, set) => Object.defineProperty(module, key, { get, set, enumerable: true, configurable: true });
  lazy('globalAgent', client.agent, client.set);
  for (const key of ['WebSocket', 'CloseEvent', 'MessageEvent']) lazy(key, () => use('facade/fetch').make(c)[key], undefined);
  made.set(c, module);
  return module;
};
