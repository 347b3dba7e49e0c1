import { part } from './part.ts'; export const whole = (): string => `whole ${part}`; console.log(whole());
