import { unique } from './harness.ts'

/** A pupil whom no other test has. */
export function pupil(more: object = {}) {
  return { name: 'Ada', email: `${unique()}@example.org`, rollNo: '1', age: 20, ...more }
}
