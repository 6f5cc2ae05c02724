/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a guest wanted on a page: see fault.h. */
#include "vtl/fault.h"

#include <string.h>

#include "smccc/hypercall.h"
#include "vtl/exception.h"
#include "vtl/fetch.h"
#include "vtl/translate.h"
#include "vtl/vp-registers.h"

/*
 * So many pieces of an access are looked at, each of which leaves no page, from where the
 * instruction begins: enough for any but copies and fills, which move their beginning to where
 * they fault.
 */
#define PIECES_LOOKED_AT 8

#define PSTATE_PAN (1ull << 22)

struct search {
    struct vtl_vp *vp;
    unsigned vtl;
    struct vtl_tables tables;
    uint64_t page; /* or VTL_FAULT_ANY_PAGE */
    struct translate_regime regime;
    uint64_t pstate;
    bool user; /* a data access that is checked as EL0's */
    struct vtl_fault current; /* what is known of the access that is looked at */
    struct vtl_fault *found;
    enum vtl_fault_verdict verdict;
};

/* Takes note of the access, which needs @rights at @gpa. True if the search is over. */
static bool visit(struct search *search, uint64_t gpa, unsigned rights)
{
    uint64_t page = gpa / HV_PAGE_SIZE;
    bool denied;

    if (search->page != VTL_FAULT_ANY_PAGE && search->page != page)
        return false;
    denied = vtl_protection_denied_by(search->vp->partition, search->vtl, page, rights) != 0;
    if (search->page == VTL_FAULT_ANY_PAGE && !denied)
        return false;
    if (denied || search->verdict == VTL_FAULT_NOT_FOUND) {
        *search->found = search->current;
        search->found->gpa = gpa;
        search->found->rights = rights;
        search->verdict = denied ? VTL_FAULT_DENIED : VTL_FAULT_PERMITTED;
    }
    return denied;
}

/* Does the processor itself write the last descriptor: access flag or dirty state? */
static bool updates_descriptor(const struct search *search, const struct translate_page *page,
                               unsigned rights)
{
    struct translate_access access = {.write = rights & HV_PAGE_WRITE};
    uint64_t updated;

    return page->steps && translate_update(&search->regime, page, &access, &updated);
}

static bool visit_walk(struct search *search, const struct translate_page *page, bool updates)
{
    bool done = false;

    search->current.in_walk = true;
    for (unsigned i = 0; i < page->steps && !done; i++) {
        bool last = i + 1 == page->steps;

        done = visit(search, page->step[i], HV_PAGE_READ | (last && updates ? HV_PAGE_WRITE : 0));
    }
    search->current.in_walk = false;
    return done;
}

/* May the VTL do this by its own tables, as the EL that it is at? */
static bool stage1_permits(const struct search *search, const struct translate_page *page,
                           unsigned rights)
{
    struct translate_access access = {
        .user = search->user || (search->pstate & PSTATE_MODE_MASK) == PSTATE_EL0T,
        .pan = search->pstate & PSTATE_PAN,
        .write = rights & HV_PAGE_WRITE,
        .execute = rights & HV_PAGE_EXECUTE,
    };

    return translate_permits(&search->regime, page, &access) == TRANSLATE_PERMITTED;
}

/* One page's worth of an access: the tables on the way, then the page. */
static bool visit_address(struct search *search, uint64_t va, unsigned rights)
{
    struct translate_page page = {0};
    bool mapped = translate_page(&search->regime, va, vtl_read_table, &search->tables, &page) == 0;

    search->current.gva = va;
    search->current.gva_valid = true;
    search->current.stage1_permits = mapped && stage1_permits(search, &page, rights);
    if (visit_walk(search, &page, mapped && updates_descriptor(search, &page, rights)))
        return true;
    return mapped && visit(search, page.gpa, rights);
}

/* Where an access goes on after @done bytes: the next one, or the last one not done yet. */
static uint64_t next_byte(const struct decode_insn *insn, const struct decode_access *access,
                          uint64_t done)
{
    return insn->backward ? access->va + access->size - 1 - done : access->va + done;
}

/* How many bytes it does from there on without leaving the page of any of its ranges. */
static uint64_t piece_size(const struct decode_insn *insn, uint64_t done)
{
    uint64_t size = insn->access[0].size - done;

    for (unsigned i = 0; i < insn->count; i++) {
        uint64_t offset = next_byte(insn, &insn->access[i], done) % HV_PAGE_SIZE;

        size = MIN(size, insn->backward ? offset + 1 : HV_PAGE_SIZE - offset);
    }
    return size;
}

static bool visit_piece(struct search *search, uint64_t done)
{
    const struct decode_insn *insn = &search->current.decoded;

    for (unsigned i = 0; i < insn->count; i++) {
        const struct decode_access *access = &insn->access[i];
        uint64_t va = translate_untag(&search->regime, next_byte(insn, access, done));
        unsigned rights = (access->read ? HV_PAGE_READ : 0) | (access->write ? HV_PAGE_WRITE : 0);

        search->user = access->user;
        if (visit_address(search, va, rights))
            return true;
    }
    return false;
}

/* A copy reads each piece before it writes it, and then comes the next; its ranges are as long. */
static bool visit_data(struct search *search)
{
    const struct decode_insn *insn = &search->current.decoded;
    uint64_t size = insn->count ? insn->access[0].size : 0, done = 0;

    search->current.is_data = true;
    for (unsigned i = 0; i < PIECES_LOOKED_AT && done < size; i++) {
        if (visit_piece(search, done))
            return true;
        done += piece_size(insn, done);
    }
    return false;
}

/*
 * A gather or scatter: that it was stopped at this page is all that is known, and that it does no
 * more there than what the instruction does. Its walks cannot be told from it.
 */
static void visit_scattered(struct search *search)
{
    unsigned rights =
        search->current.decoded.kind == DECODE_STORE ? HV_PAGE_WRITE : HV_PAGE_READ;

    if (search->page == VTL_FAULT_ANY_PAGE)
        return;
    search->current.is_data = true;
    search->current.gva = 0;
    search->current.gva_valid = false;
    visit(search, search->page * HV_PAGE_SIZE, rights);
}

static bool is_scattered(const struct decode_insn *insn)
{
    return !insn->count && (insn->kind == DECODE_LOAD || insn->kind == DECODE_STORE);
}

static uint64_t read_base(void *context, unsigned reg)
{
    const struct search *search = context;

    return reg == 31 ? vp_stack_pointer(search->vp, search->vtl)
                     : vp_register(search->vp, search->vtl, HV_REGISTER_X0 + reg);
}

/* AT S1E1R and its kind: SYS #0, C7, C8 or C9, #0-3 (Arm ARM, C5.4). Nothing but a walk. */
#define AT_MASK 0xfffffe80u
#define AT_STAGE1 0xd5087800u
#define INSN_RT_MASK 0x1fu

static void visit_translation(struct search *search)
{
    struct translate_page page = {0};
    unsigned rt = search->current.word & INSN_RT_MASK;
    uint64_t va = rt == 31 ? 0 : read_base(search, rt);

    search->current.gva = translate_untag(&search->regime, va);
    search->current.is_data = true;
    translate_page(&search->regime, search->current.gva, vtl_read_table, &search->tables, &page);
    visit_walk(search, &page, false);
}

static int decode_at(struct search *search, uint64_t pc)
{
    struct decode_environment environment = {
        .read = read_base,
        .context = search,
        .pc = pc,
        .pstate = search->pstate,
        .tcr = search->regime.tcr,
        .zero_size = search->vp->partition->zero_size,
        .vector_size = vp_vector_size(search->vp, search->vtl),
    };

    return decode(search->current.word, &environment, &search->current.decoded);
}

/*
 * The word at @pc if the VTL may execute it: the processor has not come further otherwise, and
 * nothing must be done because of a word that a higher VTL keeps to itself.
 */
static bool fetch(struct search *search, uint64_t pc)
{
    search->current.has_word =
        vtl_fetch(search->tables, &search->regime, pc, &search->current.word);
    return search->current.has_word;
}

static void run_search(struct search *search)
{
    uint64_t pc = vp_register(search->vp, search->vtl, HV_REGISTER_PC);

    /* The message shows no instruction that could not be fetched. */
    if (visit_address(search, pc, HV_PAGE_EXECUTE) || !fetch(search, pc))
        return;
    if ((search->current.word & AT_MASK) == AT_STAGE1)
        visit_translation(search);
    else if (decode_at(search, pc) < 0)
        return;
    else if (is_scattered(&search->current.decoded))
        visit_scattered(search);
    else
        visit_data(search);
}

enum vtl_fault_verdict vtl_fault_find(struct vtl_vp *vp, uint64_t page, struct vtl_fault *fault)
{
    struct search search = {
        .vp = vp,
        .vtl = vp->active,
        .tables = {vp->partition, vp->active},
        .page = page,
        .regime = vp_translation_regime(vp, vp->active),
        .pstate = vp_register(vp, vp->active, HV_REGISTER_PSTATE),
        .found = fault,
    };

    memset(fault, 0, sizeof(*fault));
    run_search(&search);
    return search.verdict;
}

static struct vtl_fault from_report(const struct vtl_fault_report *report)
{
    return (struct vtl_fault){
        .rights = report->fetch && !report->in_walk ? HV_PAGE_EXECUTE
                  : report->write                   ? HV_PAGE_WRITE
                                                    : HV_PAGE_READ,
        .gpa = report->gpa,
        .gva = report->gva_valid ? report->gva : 0,
        .gva_valid = report->gva_valid,
        .stage1_permits = true, /* stage 1 comes first */
        .in_walk = report->in_walk,
        .is_data = !report->fetch,
    };
}

/* Where a gather or scatter was stopped. */
static void complete(struct vtl_fault *fault, const struct vtl_fault_report *report)
{
    if (fault->gva_valid || !report->gva_valid)
        return;
    fault->gva = report->gva;
    fault->gpa = report->gpa;
    fault->gva_valid = true;
}

/* What has been found by an address is an access of its own; a gather may be at its tables instead. */
static bool can_be(const struct vtl_fault *fault, const struct vtl_fault_report *report)
{
    return fault->gva_valid || !(report->in_walk || report->fetch);
}

enum vtl_fault_verdict vtl_fault_explain(struct vtl_vp *vp, const struct vtl_fault_report *report,
                                         struct vtl_fault *fault)
{
    uint64_t page = report->gpa / HV_PAGE_SIZE;
    struct vtl_fault told = from_report(report);
    enum vtl_fault_verdict found = vtl_fault_find(vp, page, fault);
    bool denied =
        vtl_protection_denied_by(vp->partition, vp->active, page, told.rights) != 0;

    if (found != VTL_FAULT_NOT_FOUND && can_be(fault, report) &&
        (found == VTL_FAULT_DENIED || !denied)) {
        complete(fault, report);
        return found;
    }
    told.word = fault->word;
    told.has_word = fault->has_word;
    *fault = told;
    return denied ? VTL_FAULT_DENIED : VTL_FAULT_PERMITTED;
}

struct vtl_fault vtl_fault_unknown(const struct vtl_vp *vp, uint64_t page)
{
    unsigned has = vtl_protection_effective(vp->partition, vp->active, page);

    return (struct vtl_fault){
        .gpa = page * HV_PAGE_SIZE,
        .rights = has & HV_PAGE_READ ? HV_PAGE_WRITE : HV_PAGE_READ,
    };
}
