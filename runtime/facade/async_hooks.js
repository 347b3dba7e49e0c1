// async_hooks: context that follows a package's own calls is harmless; hooks and resources show everybody's.

const { check } = use('deny');

exports.make = (c) => {
  const real = host.real('async_hooks');
  const raw = () => check(c, 'builtins', 'node:async_hooks');
  return {
    AsyncLocalStorage: real.AsyncLocalStorage,
    AsyncResource: real.AsyncResource,
    asyncWrapProviders: real.asyncWrapProviders,
    executionAsyncId: () => real.executionAsyncId(),
    triggerAsyncId: () => real.triggerAsyncId(),
    createHook(callbacks) { raw(); return real.createHook(callbacks); },
    executionAsyncResource() { raw(); return real.executionAsyncResource(); },
  };
};
