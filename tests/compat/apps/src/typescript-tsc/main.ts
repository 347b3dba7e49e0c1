import { size } from "./lib";
const n: number = size("four");
const wrong: string = n;
console.log(wrong);
