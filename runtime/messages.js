// What may arrive in a message. Node makes an object of the class that the sender's object NAMES, out of the data that the sender's object gives: a
// package that puts its own clone method on a Blob chooses both (a FileHandle over any descriptor). So the receiver makes listed classes only, and
// the parts that count must be Node's own: a clone of a plain object never has the prototype of a handle.

const { apply, defineProperty, deleteProperty, getPrototypeOf, ownKeys } = Reflect;
const { internalBinding } = host.internal('internal/test/binding');
const { messaging_deserialize_symbol: kDeserialize } = internalBinding('symbols');

const isObject = (value) => typeof value === 'object' && value !== null;
const isText = (value) => typeof value === 'string';
const isNumber = (value) => typeof value === 'number';
const anything = () => true;
const maybe = (test) => (value) => value === undefined || test(value);
const has = (prototype) => (value) => isObject(value) && getPrototypeOf(value) === prototype();

// The handle in a fresh object of the class tells what a genuine one is.
const handles = new Map();
const handleOf = (make) => has(() => {
  if (!handles.has(make)) {
    const object = make();
    handles.set(make, getPrototypeOf(object[ownKeys(object).find((k) => typeof k === 'symbol' && k.description === 'kHandle')]));
  }
  return handles.get(make);
});
const isPort = has(() => host.real('worker_threads').MessagePort.prototype);
const isBlob = handleOf(() => new (host.real('buffer').Blob)(['']));
const isHistogram = handleOf(() => host.real('perf_hooks').createHistogram());
const webStream = (name) => has(() => host.real('stream/web')[name].prototype);

const EXCEPTION = { message: anything, name: anything, stack: anything };
// FileHandle, net.Socket, net.Server and bound sockets are not here: each belongs to who opened it, and a copy would belong to nobody.
const LIST = {
  __proto__: null,
  'internal/abort_controller:ClonedAbortSignal': { aborted: maybe((v) => v === true), reason: anything, port: maybe(isPort) },
  'internal/blob:Blob': { handle: isBlob, type: isText, length: isNumber },
  'internal/file:TransferableFile': { handle: isBlob, type: isText, length: isNumber, name: isText, lastModified: isNumber },
  'internal/blocklist:InternalBlockList': { handle: handleOf(() => new (host.real('net').BlockList)()) },
  'internal/socketaddress:InternalSocketAddress': { handle: handleOf(() => new (host.real('net').SocketAddress)()) },
  'internal/histogram:ClonedHistogram': { handle: isHistogram },
  'internal/histogram:ClonedRecordableHistogram': { handle: isHistogram },
  'internal/worker/clone_dom_exception:DOMException': EXCEPTION,
  'internal/worker/clone_dom_exception:QuotaExceededError': { ...EXCEPTION, quota: anything, requested: anything },
  'internal/webstreams/readablestream:TransferredReadableStream': { port: isPort },
  'internal/webstreams/writablestream:TransferredWritableStream': { port: isPort },
  'internal/webstreams/transformstream:TransferredTransformStream': { readable: webStream('ReadableStream'), writable: webStream('WritableStream') },
};

const refusal = (what) => Object.assign(new Error(`npsx: a message does not carry ${what}`), { code: 'ERR_CAPABILITY_DENIED' });

// A plain copy of the listed parts: what else came is not passed on.
const checked = (name, parts, data) => {
  const out = {};
  for (const key of Object.keys(parts)) {
    const value = isObject(data) ? data[key] : undefined;
    if (!parts[key](value)) throw refusal(`a forged ${name}`);
    out[key] = value;
  }
  return out;
};

const sealed = new Set();
// Node calls it for each such object that arrives, and then the method under kDeserialize once.
exports.create = (info) => {
  const [module, name] = `${info}`.split(':');
  const parts = LIST[info];
  if (parts === undefined) throw refusal(`a ${name ?? module}`);
  const Class = host.internal(module)[name];
  if (!sealed.has(Class)) {
    sealed.add(Class);
    use('seal').value(Class, name);
  }
  const made = new Class();
  const fill = made[kDeserialize];
  defineProperty(made, kDeserialize, { configurable: true, value(data) {
    deleteProperty(made, kDeserialize);
    return apply(fill, made, [checked(name, parts, data)]);
  } });
  return made;
};
exports.LIST = LIST;
