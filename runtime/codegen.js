// Function and eval by name, per compartment. What they compile sees that compartment's bindings. The language's own Function and eval, reachable
// as (()=>{}).constructor, generate code that sees the powerless global only: no authority is gained there, so they are left alone.
// A text that names nothing but its parameters and the language (ajv's validators, find-my-way's matchers) is no more than that, and needs no grant.

const { may, denied } = use('deny');
const { psx } = host;
const vm = host.real('vm');
const RealFunction = host.global.Function;
const { defineProperty } = Reflect;

function compile(c, source, from) {
  const { bindings, unitOfText } = use('compile');
  const [names, values] = bindings(c, unitOfText(source, undefined).entry, from);
  const make = vm.compileFunction(source, names, { importModuleDynamically: use('esm').importer(c, from) });
  return Reflect.apply(make, undefined, values);
}

// Names of the language that mean something else in each package. Where the text has none, the real constructor's function is the same.
const OWN = /\b(?:Date|Math|Intl|WeakRef|FinalizationRegistry)\b/;

function functionOf(c, from) {
  function Function(...args) {
    const texts = args.map(String);
    const body = texts.length ? texts.pop() : '';
    const params = texts.join(',');
    // the real constructor parses parameters and body apart, so neither can close the other
    const plain = RealFunction(params, body);
    const pure = psx.pureWrapper(params, body);
    if (pure && !OWN.test(params + body)) return plain;
    if (!pure && !may(c, 'eval', '')) throw denied(c, 'eval', '');
    return compile(c, `return (function anonymous(${params}\n) {\n${body}\n})`, from);
  }
  defineProperty(Function, 'prototype', { value: RealFunction.prototype, writable: false });
  return Function;
}

function evalOf(c, from) {
  const { eval: indirect } = { eval(source) {
    if (typeof source !== 'string') return source;
    if (!may(c, 'eval', '')) throw denied(c, 'eval', '');
    const { bindings, unitOfText } = use('compile');
    const [names, values] = bindings(c, unitOfText(source, undefined).entry, from);
    // direct eval in a fresh function: completion value as the language defines it, declarations stay inside
    const run = vm.compileFunction('return eval(arguments[0])', ['__source', ...names], { importModuleDynamically: use('esm').importer(c, from) });
    return Reflect.apply(run, undefined, [source, ...values]);
  } };
  return indirect;
}

const made = new WeakMap();
// from: the file that they are bound in, which a relative import() in generated code is relative to
exports.make = (c, from = `${c.root}/eval.js`) => {
  let files = made.get(c);
  if (files === undefined) made.set(c, files = new Map());
  let m = files.get(from);
  if (m === undefined) files.set(from, m = { Function: functionOf(c, from), eval: evalOf(c, from) });
  return m;
};
