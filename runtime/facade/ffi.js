// node:ffi of the ambient application: a library that is a file is looked at before it is loaded, as an addon is. A bare name is one of the system's.
const { named } = use('deny');
const { construct, defineProperty } = Reflect;
const { vouched } = use('cjs');
const real = host.real('node:ffi');

const checked = (path) => (typeof path === 'string' && path.includes('/') ? vouched(path) : path);
exports.ambient = () => {
  const DynamicLibrary = named(function DynamicLibrary(path, ...rest) {
    return construct(real.DynamicLibrary, [checked(path), ...rest], new.target === DynamicLibrary || new.target === undefined ? real.DynamicLibrary : new.target);
  }, 'DynamicLibrary', 1);
  defineProperty(DynamicLibrary, 'prototype', { value: real.DynamicLibrary.prototype, writable: false });
  return { dlopen: named((path, ...rest) => real.dlopen(checked(path), ...rest), 'dlopen', 2), DynamicLibrary };
};
