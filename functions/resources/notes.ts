import { boolean, text } from '../model/fields.ts'
import { resource } from '../model/resource.ts'

export const notes = resource({
  name: 'notes',
  singular: 'note',
  owner: 'private',
  fields: { text: text(10_000, 1), pinned: boolean().default(false) },
  indexes: [{ by: 'pinned' }],
  access: { member: ['read', 'write'] },
})
