import { line, text } from '../model/fields.ts'
import { users } from '../model/parents.ts'
import { resource } from '../model/resource.ts'

export const posts = resource({
  name: 'posts',
  singular: 'post',
  parent: users,
  fields: { title: line(1, 200), body: text(20_000) },
  access: { member: ['read', 'write'] },
})
