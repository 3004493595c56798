import * as z from 'zod'

export const pupil = z.strictObject({
  name: z.string().min(1).max(100),
  email: z.email(),
  rollNo: z.string().min(1).max(32),
  age: z.int().min(3).max(120),
})

export const page = z.strictObject({ limit: z.coerce.number().int().min(1).max(100).default(25) })
