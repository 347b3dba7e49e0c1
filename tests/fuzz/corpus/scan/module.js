import a, { b as c } from "d"; export * from 'e' with { type: "f" };
await import.meta.resolve('g'); class H { #i = j; static { k } [l](m = \u006e) {} }
