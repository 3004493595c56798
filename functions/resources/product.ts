/** The name that people read: in mails, on pages, in authenticator apps and in the document. */
export const productName = 'Portcullis'
