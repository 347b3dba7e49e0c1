// An AsyncResource keeps the context it was made in under a symbol: a map of everybody's AsyncLocalStorage with what is stored in each, to be read and changed.
// So the context is kept here, and the resource runs in it without showing it.

const { overrideAccessor, freezeFunction } = use('harden');
const { apply, defineProperty, getOwnPropertyDescriptor, ownKeys } = Reflect;
const { AsyncResource } = host.real('async_hooks');
const Frame = host.internal('internal/async_context_frame');

const contexts = new WeakMap();
const symbols = Object.fromEntries(ownKeys(new AsyncResource('npsx')).map((k) => [k.description, k]));
const { context_frame: kFrame, async_id_symbol: kId, trigger_async_id_symbol: kTrigger } = symbols;

// Resources that were made before this file ran keep theirs themselves. A context can be met nowhere else, and none is harmless.
const contextOf = (resource) => {
  if (contexts.has(resource)) return contexts.get(resource);
  const d = getOwnPropertyDescriptor(resource, kFrame);
  if (d === undefined || !(d.value === undefined || d.value instanceof Frame)) throw new TypeError('runInAsyncScope() of what is no AsyncResource');
  return d.value;
};
function hide() {
  const { prototype } = AsyncResource;
  const { get, set } = getOwnPropertyDescriptor({
    get [kFrame]() { return undefined; },
    // by the constructor, once: a context that a package made up would be everybody's while its function runs
    set [kFrame](frame) { if ((frame === undefined || frame instanceof Frame) && !contexts.has(this)) contexts.set(this, frame); },
  }, kFrame);
  defineProperty(prototype, kFrame, { get: Object.freeze(get), set: Object.freeze(set), enumerable: false, configurable: false });
  const { runInAsyncScope: real } = prototype;
  const { runInAsyncScope } = { runInAsyncScope(fn, thisArg, ...args) {
    return apply(real, { __proto__: null, [kFrame]: contextOf(this), [kId]: this.asyncId(), [kTrigger]: this.triggerAsyncId() }, [fn, thisArg, ...args]);
  } };
  const accessor = overrideAccessor(prototype, 'runInAsyncScope', freezeFunction(runInAsyncScope));
  defineProperty(prototype, 'runInAsyncScope', { get: Object.freeze(accessor.get), set: accessor.set, enumerable: false, configurable: true });
}

let done = false;
exports.seal = () => {
  if (done) return;
  done = true;
  if (kFrame === undefined) throw new Error('npsx: an AsyncResource keeps its context elsewhere');
  hide();
};
