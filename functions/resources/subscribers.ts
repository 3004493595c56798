import { email, line } from './fields.ts'
import { resource } from './resource.ts'

export const subscribers = resource({
  name: 'subscribers',
  singular: 'subscriber',
  fields: { email: email(), name: line(1, 100) },
  unique: ['email'],
  filters: ['email'],
  member: [],
})
