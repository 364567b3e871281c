-- The tables that mappings/bang-phieu.toml speaks to, and triggers that count each change of a ticket: no program that
-- writes there has to know of them. PostgreSQL 13 and later.
create table phieu (
    id          bigint generated always as identity primary key,
    ma_dong_bo  text unique,                        -- the bridge's reference; null on tickets of your own
    phien_ban   bigint not null default 1,
    tao_luc     timestamptz not null default now(),
    sua_luc     timestamptz not null default now(),
    loai        text not null default 'PA',
    kenh        text,
    tieu_de     text not null,
    noi_dung    text,
    linh_vuc    text,
    muc_do      text,
    nguoi_gui   text,
    dien_thoai  text constraint dien_thoai check (dien_thoai ~ '^0[0-9]{9,10}$'),
    thu_dien_tu text,
    dia_chi     text,
    ma_xa       text,
    ngay_ma_xa  date,
    don_vi      text,
    tinh_trang  smallint not null default 1,
    ly_do       text,
    nhan_luc    timestamptz not null default now(),
    han         timestamptz
);
create index on phieu (sua_luc);

create table tra_loi (
    id         bigint generated always as identity primary key,
    phieu_id   bigint not null references phieu,
    ma_dong_bo text unique,
    noi_dung   text not null,
    nguoi      text,
    don_vi     text,
    luc        timestamptz not null default now()
);
create index on tra_loi (phieu_id);

create table tep (
    id         bigint generated always as identity primary key,
    phieu_id   bigint not null references phieu,
    ma_dong_bo text unique,
    ten        text not null,
    loai       text not null,
    kich_thuoc bigint not null,
    sha256     text not null,
    noi_dung   bytea not null
);
create index on tep (phieu_id);

create function dem_phien_ban() returns trigger language plpgsql as $$
begin
    new.phien_ban := old.phien_ban + 1;
    new.sua_luc := clock_timestamp();
    return new;
end $$;
create trigger dem_phien_ban before update on phieu for each row execute function dem_phien_ban();

create function phieu_da_sua() returns trigger language plpgsql as $$
begin
    update phieu set phien_ban = phien_ban where id = coalesce(new.phieu_id, old.phieu_id);
    return null;
end $$;
create trigger phieu_da_sua after insert or update or delete on tra_loi for each row execute function phieu_da_sua();
create trigger phieu_da_sua after insert or update or delete on tep for each row execute function phieu_da_sua();
