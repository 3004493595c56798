import { email, line } from '../model/fields.ts'
import { resource } from '../model/resource.ts'

export const subscribers = resource({
  name: 'subscribers',
  singular: 'subscriber',
  fields: {
    email: email().describe(
      'Where the mails of the list go; no two subscribers have the same, in any case.',
    ),
    name: line(1, 100).describe('What to call the subscriber.'),
  },
  unique: ['email'],
})
