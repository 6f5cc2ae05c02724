/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A vCPU and its register cache: see vcpu.h. */
#include "emu/vcpu.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "emu/kvm.h"
#include "emu/sve.h"
#include "vtl/bank.h"
#include "vtl/exception.h"

static int map_run(struct vcpu *vcpu, int kvm)
{
    int size = kvm_ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, NULL);
    void *map;

    if (size < 0)
        return size;
    map = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->fd, 0);
    if (map == MAP_FAILED)
        return -errno;
    madvise(map, (size_t)size, MADV_DONTFORK); /* sandbox.h */
    vcpu->run = map;
    vcpu->run_size = (size_t)size;
    return 0;
}

static int preferred_target(struct vcpu *vcpu, int vm)
{
    int error = kvm_ioctl(vm, KVM_ARM_PREFERRED_TARGET, &vcpu->init);

    /* The guest must see PSCI 1.x even in what KVM says of itself, although we answer the calls. */
    vcpu->init.features[0] |= 1u << KVM_ARM_VCPU_PSCI_0_2;
    return error;
}

static int initialize(struct vcpu *vcpu, uint16_t sve_lengths)
{
    int error;

    if (sve_lengths)
        vcpu->init.features[0] |= 1u << KVM_ARM_VCPU_SVE;
    error = vcpu_reset(vcpu);
    if (error < 0 || !sve_lengths)
        return error;
    vcpu->vector_bits = sve_longest(sve_lengths);
    return vcpu_sve_begin(vcpu, sve_lengths);
}

int vcpu_open(struct vcpu *vcpu, int kvm, int vm, unsigned index, uint16_t sve_lengths)
{
    int error;

    memset(vcpu, 0, sizeof(*vcpu));
    vcpu->fd = ioctl(vm, KVM_CREATE_VCPU, (unsigned long)index);
    if (vcpu->fd < 0)
        return -errno;
    error = map_run(vcpu, kvm);
    if (error >= 0)
        error = preferred_target(vcpu, vm);
    if (error >= 0)
        error = initialize(vcpu, sve_lengths);
    return error < 0 ? error : 0;
}

void vcpu_close(struct vcpu *vcpu)
{
    if (vcpu->run)
        munmap(vcpu->run, vcpu->run_size);
    if (vcpu->fd > 0)
        close(vcpu->fd);
    vcpu->run = NULL;
    vcpu->fd = 0;
    vcpu->window = (struct vcpu_window){0};
}

static void forget(struct vcpu *vcpu)
{
    memset(vcpu->row, VCPU_ROW_UNKNOWN, sizeof(vcpu->row));
    vcpu_window_begin(&vcpu->window);
}

int vcpu_reset(struct vcpu *vcpu)
{
    forget(vcpu);
    vcpu->calls[STATS_OTHER]++;
    return kvm_ioctl(vcpu->fd, KVM_ARM_VCPU_INIT, &vcpu->init);
}

/* Is the row, one of Q0-Q31, a part of a Z register? */
static bool is_low_part(const struct vcpu *vcpu, size_t row)
{
    return vcpu->vector_bits && register_whole(row) >= 0;
}

/* By KVM; what a vCPU with SVE has of Z goes into @z. */
static int ask(struct vcpu *vcpu, size_t row, uint64_t id, struct hv_u128 *value, uint8_t *z)
{
    return is_low_part(vcpu, row) ? vcpu_sve_read(vcpu, row, value, z)
                                  : kvm_get_one_reg(vcpu->fd, id, value);
}

/* The window's word against KVM's. A difference is a defect of ours, or a kernel we do not know. */
static void compare(struct vcpu *vcpu, size_t row, const struct hv_u128 *shown, const uint8_t *z)
{
    struct hv_u128 value = {0};
    uint8_t asked[VCPU_Z_BYTES] = {0};
    int error = ask(vcpu, row, register_kvm_id(row), &value, asked);

    if (error < 0 || memcmp(&value, shown, sizeof(value)) ||
        (is_low_part(vcpu, row) && memcmp(asked, z, sizeof(asked))))
        g_error("register window: %s is 0x%" G_GINT64_MODIFIER "x%016" G_GINT64_MODIFIER
                "x in the window, 0x%" G_GINT64_MODIFIER "x%016" G_GINT64_MODIFIER "x to KVM (%s)",
                bank_table[row].name, shown->high, shown->low, value.high, value.low,
                g_strerror(-error));
}

/* A vCPU with SVE has its vectors elsewhere. */
static bool look(struct vcpu *vcpu, size_t row)
{
    if (!(is_low_part(vcpu, row)
              ? vcpu_sve_look(vcpu, row, &vcpu->value[row])
              : vcpu_window_read(&vcpu->window, row, 1, &vcpu->value[row])))
        return false;
    if (vcpu->verify)
        compare(vcpu, row, &vcpu->value[row], vcpu_z(vcpu, row));
    return true;
}

#define VERIFY_ALL_EVERY 64u /* KVM_RUNs */

static void verify_all(struct vcpu *vcpu)
{
    if (vcpu->verify && vcpu->calls[STATS_RUN] % VERIFY_ALL_EVERY == 0)
        for (size_t row = 0; row < bank_table_size; row++)
            look(vcpu, row);
}

int vcpu_run(struct vcpu *vcpu)
{
    int error;

    forget(vcpu);
    vcpu->calls[STATS_RUN]++;
    /* Not kvm_ioctl(): a signal must get through. */
    error = ioctl(vcpu->fd, KVM_RUN, 0) < 0 ? -errno : 0;
    vcpu_window_end(&vcpu->window);
    verify_all(vcpu);
    return error;
}

bool vcpu_fault(const struct vcpu *vcpu, struct vtl_fault_report *report)
{
    return vcpu_window_fault(&vcpu->window, report);
}

const struct window_call *vcpu_call(const struct vcpu *vcpu)
{
    return vcpu_window_call(&vcpu->window);
}

/*
 * KVM pays its debts at the next KVM_RUN, even one that does not run
 * (Documentation/virt/kvm/api.rst, KVM_RUN and immediate_exit).
 */
void vcpu_settle(struct vcpu *vcpu)
{
    __atomic_store_n(&vcpu->run->immediate_exit, 1, __ATOMIC_SEQ_CST);
    (void)vcpu_run(vcpu);
}

static uint64_t row_id(struct vcpu *vcpu, size_t row)
{
    uint64_t id = register_kvm_id(row);

    if (id == REGISTER_CCSIDR)
        id |= vcpu_get64(vcpu, REG_CSSELR_EL1) & KVM_REG_ARM_DEMUX_VAL_MASK;
    return id;
}

/* What the window shows need neither be asked for nor, if it is right, be written. */
static void learn(struct vcpu *vcpu, size_t row)
{
    if (vcpu->row[row] == VCPU_ROW_UNKNOWN && look(vcpu, row))
        vcpu->row[row] = VCPU_ROW_CACHED;
}

static int read_row(struct vcpu *vcpu, size_t row)
{
    uint64_t id;
    int error;

    learn(vcpu, row);
    if (vcpu->row[row] == VCPU_ROW_CACHED)
        return 0;
    vcpu->value[row] = (struct hv_u128){0};
    id = row_id(vcpu, row);
    if (!id)
        return register_read_host(row, &vcpu->value[row].low);
    vcpu->calls[STATS_GET]++;
    error = ask(vcpu, row, id, &vcpu->value[row], vcpu_z(vcpu, row));
    if (error == 0 && !register_moves(row))
        vcpu->row[row] = VCPU_ROW_CACHED;
    return error;
}

static bool holds(const struct vcpu *vcpu, size_t row, struct hv_u128 value)
{
    return vcpu->row[row] == VCPU_ROW_CACHED && vcpu->value[row].low == value.low &&
           vcpu->value[row].high == value.high;
}

/* What the row does not hold. Of a Z register the rest must be known. */
static int store_row(struct vcpu *vcpu, size_t row, struct hv_u128 value)
{
    uint64_t id = register_kvm_id(row);
    int error;

    if (!id)
        return -ENOENT;
    if ((id & KVM_REG_SIZE_MASK) == KVM_REG_SIZE_U32 && value.low > UINT32_MAX)
        return -EINVAL;
    vcpu->value[row] = value;
    vcpu->calls[STATS_SET]++;
    error = is_low_part(vcpu, row) ? vcpu_sve_write(vcpu, row, value)
                                   : kvm_set_one_reg(vcpu->fd, id, &vcpu->value[row]);
    /* KVM may keep less than was written (RES0 bits), except of what is carried at each switch. */
    vcpu->row[row] = error == 0 && register_is_kept_whole(row) ? VCPU_ROW_CACHED
                                                               : VCPU_ROW_CHANGED;
    return error;
}

static int write_row(struct vcpu *vcpu, size_t row, struct hv_u128 value)
{
    int error = is_low_part(vcpu, row) ? read_row(vcpu, row) : 0;

    learn(vcpu, row);
    return error < 0 || holds(vcpu, row, value) ? error : store_row(vcpu, row, value);
}

int vcpu_get(struct vcpu *vcpu, uint32_t name, struct hv_u128 *value)
{
    int row = register_index(name);
    int error = row < 0 ? -ENOENT : read_row(vcpu, (size_t)row);

    if (error == 0)
        *value = vcpu->value[row];
    return error;
}

int vcpu_set(struct vcpu *vcpu, uint32_t name, struct hv_u128 value)
{
    int row = register_index(name);

    return row < 0 ? -ENOENT : write_row(vcpu, (size_t)row, value);
}

uint64_t vcpu_get64(struct vcpu *vcpu, uint32_t name)
{
    struct hv_u128 value = {0};
    int error = vcpu_get(vcpu, name, &value);

    if (error < 0)
        g_critical("KVM does not read register 0x%x: %s", name, g_strerror(-error));
    return value.low;
}

void vcpu_set64(struct vcpu *vcpu, uint32_t name, uint64_t value)
{
    int error = vcpu_set(vcpu, name, (struct hv_u128){.low = value});

    if (error < 0)
        g_critical("KVM does not write register 0x%x: %s", name, g_strerror(-error));
}

/* The first is in that state, and each is in the state of the one before. */
static bool all_are(const struct vcpu *vcpu, const struct register_span *span, enum vcpu_row state)
{
    const uint8_t *row = &vcpu->row[span->first];

    return *row == state && !memcmp(row, row + 1, span->count - 1);
}

/* All at once from the window, if it shows them, or else one by one. */
static int read_span(struct vcpu *vcpu, const struct register_span *span)
{
    int error = 0;

    if (!vcpu->verify && !is_low_part(vcpu, span->first) && all_are(vcpu, span, VCPU_ROW_UNKNOWN) &&
        vcpu_window_read(&vcpu->window, span->first, span->count, &vcpu->value[span->first])) {
        memset(&vcpu->row[span->first], VCPU_ROW_CACHED, span->count);
        return 0;
    }
    for (size_t i = span->first; i < span->first + span->count && error == 0; i++)
        error = read_row(vcpu, i);
    return error;
}

void vcpu_get_general(struct vcpu *vcpu, uint64_t *x, unsigned count)
{
    struct register_span span = {(size_t)register_index(REG_X0), count};
    int error = read_span(vcpu, &span);

    if (error < 0)
        g_critical("KVM does not read X0 to X%u: %s", count - 1, g_strerror(-error));
    for (unsigned i = 0; i < count; i++)
        x[i] = vcpu->value[span.first + i].low;
}

void vcpu_set_stepping(struct vcpu *vcpu, bool stepping)
{
    vcpu->stepping = stepping;
    vcpu->breakpoints_generation = -1;
}

static int write_span(struct vcpu *vcpu, const struct register_span *span,
                      const struct hv_u128 *values)
{
    int error = 0;

    if (all_are(vcpu, span, VCPU_ROW_CACHED) &&
        !memcmp(&vcpu->value[span->first], values, span->count * sizeof(*values)))
        return 0;
    for (size_t i = 0; i < span->count && error == 0; i++)
        error = write_row(vcpu, span->first + i, values[i]);
    return error;
}

/*
 * Where nobody has asked for or written any of these since the vCPU ran, its window has them all, and
 * no cache has.
 */
static const uint8_t *shown_only(const struct vcpu *vcpu, const struct register_span *span)
{
    return !vcpu->verify && !is_low_part(vcpu, span->first) &&
                   all_are(vcpu, span, VCPU_ROW_UNKNOWN)
               ? vcpu_window_show(&vcpu->window, span->first, span->count)
               : NULL;
}

/* A row in a window; it has 8 or 16 bytes. */
static inline struct hv_u128 load(const uint8_t *place, size_t size)
{
    struct hv_u128 value = {0};

    memcpy(&value.low, place, sizeof(value.low));
    if (size == sizeof(value))
        memcpy(&value.high, place + sizeof(value.low), sizeof(value.high));
    return value;
}

/* Of a span of rows of @size bytes: what differs. */
static int write_differences(struct vcpu *vcpu, const struct register_span *span, size_t size,
                             const uint8_t *wanted, const uint8_t *held)
{
    int error = 0;

    for (size_t i = 0; i < span->count && error == 0; i++) {
        struct hv_u128 value = load(wanted + i * size, size), before = load(held + i * size, size);

        if (value.low != before.low || value.high != before.high)
            error = store_row(vcpu, span->first + i, value);
    }
    return error;
}

/*
 * One window against the other, if that will do: most switches change few registers. Nothing goes
 * into the cache of @from, so that it will do when it is the one to be written, too.
 */
static int copy_span(struct vcpu *from, struct vcpu *to, const struct register_span *span)
{
    const uint8_t *wanted = shown_only(from, span);
    const uint8_t *held = wanted ? shown_only(to, span) : NULL;
    size_t size = bank_table[span->first].size;
    struct hv_u128 values[REGISTERS_MAX];
    int error;

    if (held)
        return memcmp(wanted, held, span->count * size)
                   ? write_differences(to, span, size, wanted, held)
                   : 0;
    if (wanted && vcpu_window_read(&from->window, span->first, span->count, values))
        return write_span(to, span, values);
    error = read_span(from, span);
    return error ? error : write_span(to, span, &from->value[span->first]);
}

/* What no cache has. */
static int copy_other(struct vcpu *from, struct vcpu *to, uint64_t id)
{
    uint64_t value = 0;
    int error = kvm_get_one_reg(from->fd, id, &value);

    from->calls[STATS_GET]++;
    to->calls[STATS_SET]++;
    return error == 0 ? kvm_set_one_reg(to->fd, id, &value) : error;
}

/* What only policies share. */
static int copy_rest(struct vcpu *from, struct vcpu *to, const struct register_plan *plan)
{
    int error = 0;

    for (size_t i = 0; i < plan->wide_count && error == 0; i++)
        error = vcpu_sve_copy(from, to, plan->wide[i]);
    for (size_t i = 0; i < plan->other_count && error == 0; i++)
        error = copy_other(from, to, plan->other[i]);
    return error;
}

int vcpu_copy_shared(struct vcpu *from, struct vcpu *to, const struct register_plan *plan)
{
    const struct register_span *spans = plan->shared;
    int error = 0;

    for (size_t i = 0; i < plan->shared_count && error == 0; i++)
        error = copy_span(from, to, &spans[i]);
    if (G_UNLIKELY(plan->wide_count || plan->other_count) && error == 0)
        error = copy_rest(from, to, plan);
    return error;
}

static int try_id(struct vcpu *vcpu, uint64_t id)
{
    uint8_t value[VCPU_Z_BYTES] = {0};
    int error = id ? kvm_get_one_reg(vcpu->fd, id, value) : -ENOENT;

    return error == 0 ? kvm_set_one_reg(vcpu->fd, id, value) : error;
}

int vcpu_try_row(struct vcpu *vcpu, size_t bank_row)
{
    if (bank_row >= bank_table_size)
        return try_id(vcpu, register_other_id(bank_row));
    if (bank_table[bank_row].scales)
        return vcpu->vector_bits ? try_id(vcpu, register_wide_id(bank_row)) : -ENOENT;
    return is_low_part(vcpu, bank_row) ? 0 : try_id(vcpu, register_kvm_id(bank_row));
}

void vcpu_inject_exception(struct vcpu *vcpu, uint64_t esr, uint64_t pc)
{
    struct exception_state state = {
        .pc = pc,
        .pstate = vcpu_get64(vcpu, REG_PSTATE),
        .sctlr = vcpu_get64(vcpu, REG_SCTLR_EL1),
        .vbar = vcpu_get64(vcpu, REG_VBAR_EL1),
    };
    struct exception_entry entry = exception_enter(&state);

    vcpu_set64(vcpu, REG_ESR_EL1, esr);
    vcpu_set64(vcpu, REG_ELR_EL1, entry.elr);
    vcpu_set64(vcpu, REG_SPSR_EL1, entry.spsr);
    vcpu_set64(vcpu, REG_PSTATE, entry.pstate);
    vcpu_set64(vcpu, REG_PC, entry.pc);
}

int vcpu_inject_external_abort(struct vcpu *vcpu)
{
    struct kvm_vcpu_events events = {.exception.ext_dabt_pending = 1};

    forget(vcpu); /* KVM may write registers of EL1 */
    vcpu->calls[STATS_OTHER]++;
    return kvm_ioctl(vcpu->fd, KVM_SET_VCPU_EVENTS, &events);
}
