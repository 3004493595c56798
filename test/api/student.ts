import { unique } from './harness.ts'

/** A student whom no other test has. */
export function student(more: object = {}) {
  return { name: 'Ada', email: `${unique()}@example.org`, rollNo: '1', age: 20, ...more }
}
