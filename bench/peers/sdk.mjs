import { read } from 'store'

/** One read of one item by the SDK's document client, as its guide shows it. */
export function handler() {
  return read('0199aaaa-0000-7000-8000-000000000000')
}
