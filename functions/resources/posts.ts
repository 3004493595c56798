import { line, text } from '../model/fields.ts'
import { users } from '../model/parents.ts'
import { resource } from '../model/resource.ts'

export const posts = resource({
  name: 'posts',
  singular: 'post',
  parent: users,
  fields: {
    title: line(1, 200).describe('One line that says what the post is about.'),
    body: text(20_000).describe('The post itself, of any number of lines; it may be empty.'),
  },
  access: { member: ['read', 'write'] },
})
