/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hypercalls about protections: see protection-call.h. */
#include "vtl/protection-call.h"

#include <string.h>

#include "vtl/audit.h"
#include "vtl/hypercalls.h"
#include "vtl/protection.h"

/* A guest must not fill the user's disk with refusals. */
#define REFUSALS_TOLD 20

static const char *reason(const struct vtl_vp *caller, const struct hv_modify_protection *input,
                          enum hv_status status)
{
    unsigned owner;

    if (status == HV_STATUS_INVALID_PARTITION_ID)
        return "not this partition";
    if (input->zero[0] || input->zero[1] || input->zero[2])
        return "reserved bytes are not zero";
    if (hv_find_vtl(caller, input->vtl, &owner) != HV_STATUS_SUCCESS || owner == 0)
        return "not a VTL whose protections it could set";
    if (!vtl_protection_is_valid(input->rights))
        return "no writing or executing without reading";
    if (status == HV_STATUS_ACCESS_DENIED)
        return "set EnableVtlProtection first (VsmPartitionConfig, 0xd0007)";
    return "that is no RAM; give page numbers, not addresses";
}

static void log_refusal(struct vtl_vp *caller, const struct hv_modify_protection *input,
                        uint64_t page, enum hv_status status)
{
    char wanted[VTL_RIGHTS_TEXT], now[VTL_RIGHTS_TEXT];
    unsigned rights = vtl_protection_effective(caller->partition, 0, page);

    g_log(NULL, caller->refusals < REFUSALS_TOLD ? G_LOG_LEVEL_WARNING : G_LOG_LEVEL_DEBUG,
          "VP%u at VTL%u: protection of GPA 0x%" G_GINT64_MODIFIER "x000 as %s (0x%x) refused, %s; "
          "%s (VTL0 has %s)", caller->index, caller->active, page, /* may be any number */
          vtl_rights_text(input->rights, wanted), input->rights, hv_status_name(status),
          reason(caller, input, status), vtl_rights_text(rights, now));
    if (++caller->refusals == REFUSALS_TOLD)
        g_warning("VP%u: and so on; further refused protections are told at --log-level debug only",
                  caller->index);
}

static void log_change(const struct vtl_vp *caller, unsigned owner, uint64_t page, uint64_t count,
                       unsigned before, unsigned rights)
{
    char wanted[VTL_RIGHTS_TEXT], was[VTL_RIGHTS_TEXT];

    g_info("VP%u at VTL%u: GPA 0x%" G_GINT64_MODIFIER "x-0x%" G_GINT64_MODIFIER
           "x: VTL%u now allows %s below it, %s before", caller->index, caller->active,
           page * HV_PAGE_SIZE, (page + count) * HV_PAGE_SIZE - 1, owner,
           vtl_rights_text(rights, wanted), vtl_rights_text(before, was));
}

/* Who may, and what: the same for all elements. */
static enum hv_status check_modify(const struct vtl_vp *caller,
                                   const struct hv_modify_protection *input, unsigned *owner)
{
    enum hv_status status;

    if (input->partition != HV_PARTITION_SELF)
        return HV_STATUS_INVALID_PARTITION_ID;
    if (input->zero[0] || input->zero[1] || input->zero[2])
        return HV_STATUS_INVALID_PARAMETER;
    status = hv_find_vtl(caller, input->vtl, owner);
    if (status != HV_STATUS_SUCCESS)
        return status;
    /* VTL0 has nobody below it. */
    if (*owner == 0 || !vtl_protection_is_valid(input->rights))
        return HV_STATUS_INVALID_PARAMETER;
    return caller->partition->protection.allowed[*owner] ? HV_STATUS_SUCCESS
                                                         : HV_STATUS_ACCESS_DENIED;
}

/* How many of @pages follow each other in memory. */
static size_t count_run(const uint64_t *pages, size_t count)
{
    size_t run = 1;

    while (run < count && pages[run] == pages[0] + run)
        run++;
    return run;
}

/* The first of @count pages is RAM, or INVALID_PARAMETER; *@count becomes those that are. */
static enum hv_status limit_to_ram(const struct vtl_protection *protection, uint64_t page,
                                   size_t *count)
{
    uint64_t index = page - protection->first_page;

    if (page < protection->first_page || index >= protection->page_count)
        return HV_STATUS_INVALID_PARAMETER;
    *count = MIN(*count, protection->page_count - index);
    return HV_STATUS_SUCCESS;
}

static enum hv_status modify_run(struct vtl_vp *caller, unsigned owner, unsigned rights,
                                 const uint64_t *pages, size_t *count)
{
    const struct vtl_protection *protection = &caller->partition->protection;
    enum hv_status status = limit_to_ram(protection, *pages, count);
    unsigned before;

    if (status != HV_STATUS_SUCCESS)
        return status;
    before = protection->allowed[owner][*pages - protection->first_page];
    status = vtl_protection_set(caller->partition, owner, *pages, *count, rights);
    if (status == HV_STATUS_SUCCESS)
        log_change(caller, owner, *pages, *count, before, rights);
    return status;
}

enum hv_status hv_modify_protection(void *context, const void *header, const void *elements,
                                    size_t begin, size_t end, size_t *done)
{
    struct vtl_vp *caller = context;
    const struct hv_modify_protection *input = header;
    const uint64_t *pages = elements;
    enum hv_status status;
    unsigned owner;

    *done = begin;
    g_mutex_lock(&caller->partition->lock);
    status = check_modify(caller, input, &owner);
    if (G_UNLIKELY(caller->audit) && status == HV_STATUS_SUCCESS)
        strict_protection(caller, owner, input->rights, pages + begin, end - begin);
    while (status == HV_STATUS_SUCCESS && *done < end) {
        size_t count = count_run(pages + *done, end - *done);

        status = modify_run(caller, owner, input->rights, pages + *done, &count);
        if (status == HV_STATUS_SUCCESS)
            *done += count;
    }
    g_mutex_unlock(&caller->partition->lock);
    if (status != HV_STATUS_SUCCESS)
        log_refusal(caller, input, pages[*done], status);
    return status;
}

static enum hv_status check_input(const struct vtl_vp *caller, const struct hv_check_access *input,
                                  unsigned *vtl)
{
    static const uint8_t zero[sizeof(input->zero)];

    if (input->partition != HV_PARTITION_SELF)
        return HV_STATUS_INVALID_PARTITION_ID;
    if (memcmp(input->zero, zero, sizeof(zero)) != 0 || input->rights & ~HV_PAGE_ALL)
        return HV_STATUS_INVALID_PARAMETER;
    return hv_find_vtl(caller, input->vtl, vtl);
}

enum hv_status hv_check_access(void *context, const void *header, const void *element, void *output)
{
    struct vtl_vp *caller = context;
    const struct vtl_partition *partition = caller->partition;
    const struct hv_check_access *input = header;
    const uint64_t *page = element;
    uint32_t *result = output;
    size_t one = 1;
    unsigned vtl, denied;
    enum hv_status status = check_input(caller, input, &vtl);

    if (status == HV_STATUS_SUCCESS)
        status = limit_to_ram(&partition->protection, *page, &one);
    if (status != HV_STATUS_SUCCESS)
        return status;
    /* Without MBEC, user execute is not asked about by itself. */
    denied = input->rights & ~HV_PAGE_USER_EXECUTE &
             ~vtl_protection_effective(partition, vtl, *page);
    if (denied)
        *result = HV_CHECK_INTERCEPTED | denied << HV_CHECK_DENIED_SHIFT |
                  vtl_protection_denied_by(partition, vtl, *page, denied) << HV_CHECK_VTL_SHIFT;
    return HV_STATUS_SUCCESS;
}
