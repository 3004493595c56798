import { email, line } from '../model/fields.ts'
import { resource } from '../model/resource.ts'

export const subscribers = resource({
  name: 'subscribers',
  singular: 'subscriber',
  fields: { email: email(), name: line(1, 100) },
  unique: ['email'],
})
