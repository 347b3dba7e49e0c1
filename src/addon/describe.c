#include "addon/describe.h"

psx_rc psx_describe_json(const psx_monitor *m, const psx_record_key *key, psx_buf *b)
{
    const psx_package *p = &m->packages[key->id];
    const psx_policy_subject *s = psx_policy_subject_of(p->holder);
    TRY(psx_buf_byte(b, '{'));
    TRY(psx_text_member(b, "package", p->label));
    TRY(psx_text_member(b, "name", s->name));
    TRY(psx_text_member(b, "version", s->version));
    TRY(psx_text_member(b, "location", s->location));
    TRY(psx_text_member(b, "cap", psx_str_from(psx_cap_name(key->cap))));
    TRY(psx_text_member(b, "value", key->asked.n ? key->asked : key->value));
    if (key->asked.n) TRY(psx_text_member(b, "resolved", key->value));
    return psx_buf_format(b, ",\"port\":%d", key->port);
}
