-- The same for SQLite: instants are texts like 2026-11-24T01:15:00.000+00:00, as the mapping writes them.
create table phieu (
    id          integer primary key,
    ma_dong_bo  text unique,
    phien_ban   integer not null default 1,
    tao_luc     text not null default (strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')),
    sua_luc     text not null default (strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')),
    loai        text not null default 'PA',
    kenh        text,
    tieu_de     text not null,
    noi_dung    text,
    linh_vuc    text,
    muc_do      text,
    nguoi_gui   text,
    dien_thoai  text constraint dien_thoai check (dien_thoai glob '0[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]*'),
    thu_dien_tu text,
    dia_chi     text,
    ma_xa       text,
    ngay_ma_xa  text,
    don_vi      text,
    tinh_trang  integer not null default 1,
    ly_do       text,
    nhan_luc    text not null default (strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')),
    han         text
);
create index phieu_sua_luc on phieu (sua_luc);

create table tra_loi (
    id         integer primary key,
    phieu_id   integer not null references phieu,
    ma_dong_bo text unique,
    noi_dung   text not null,
    nguoi      text,
    don_vi     text,
    luc        text not null default (strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now'))
);

create table tep (
    id         integer primary key,
    phieu_id   integer not null references phieu,
    ma_dong_bo text unique,
    ten        text not null,
    loai       text not null,
    kich_thuoc integer not null,
    sha256     text not null,
    noi_dung   text not null                        -- in base64: SQLite has no function that makes it
);

create trigger dem_phien_ban after update on phieu when new.phien_ban = old.phien_ban begin
    update phieu set phien_ban = old.phien_ban + 1, sua_luc = strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now') where id = new.id;
end;
create trigger tra_loi_them after insert on tra_loi begin
    update phieu set tieu_de = tieu_de where id = new.phieu_id;
end;
create trigger tra_loi_sua after update on tra_loi begin
    update phieu set tieu_de = tieu_de where id = new.phieu_id;
end;
create trigger tep_them after insert on tep begin
    update phieu set tieu_de = tieu_de where id = new.phieu_id;
end;
