// A unit's month by a program of its own: what it owes, filing it, and the standing once it is published.
//
//	month duties PROGRAMME PERIOD
//	month file PROGRAMME PERIOD FIGURES     FIGURES: JSON, by indicator what its report says (ReportContent)
//	month follow PROGRAMME PERIOD
//
// MINSHENG_URL, MINSHENG_CERTIFICATE, MINSHENG_ACCOUNT and MINSHENG_PASSWORD_FILE say where, trusting whom, as whom.
package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	identity "minsheng/identity/v1"
	ranking "minsheng/ranking/v1"
	reporting "minsheng/reporting/v1"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
)

const (
	timeout = 30 * time.Second
	tries   = 4
)

// token sends the session's token with each call.
type token string

func (t token) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + string(t)}, nil
}

func (token) RequireTransportSecurity() bool { return true }

// again calls again when nobody answered: what changes something has a request id, so a repeat changes nothing twice.
func again(call func(context.Context) error) error {
	for tried := 1; ; tried++ {
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		err := call(ctx)
		cancel()
		if status.Code(err) != codes.Unavailable || tried == tries {
			return err
		}
		time.Sleep(time.Second << (tried - 1))
	}
}

// logIn gives a connection with a session.
func logIn() (*grpc.ClientConn, error) {
	address, err := url.Parse(os.Getenv("MINSHENG_URL"))
	if err != nil {
		return nil, err
	}
	password, err := os.ReadFile(os.Getenv("MINSHENG_PASSWORD_FILE"))
	if err != nil {
		return nil, err
	}
	trust, err := credentials.NewClientTLSFromFile(os.Getenv("MINSHENG_CERTIFICATE"), "")
	if err != nil {
		return nil, err
	}
	secure := grpc.WithTransportCredentials(trust)
	open, err := grpc.Dial(address.Host, secure)
	if err != nil {
		return nil, err
	}
	defer open.Close()
	request := &identity.LogInRequest{Account: os.Getenv("MINSHENG_ACCOUNT"), Password: strings.TrimSuffix(string(password), "\n")}
	var session *identity.LogInResponse
	err = again(func(ctx context.Context) (err error) {
		session, err = identity.NewSessionServiceClient(open).LogIn(ctx, request)
		return err
	})
	if err != nil {
		return nil, err
	}
	return grpc.Dial(address.Host, secure, grpc.WithPerRPCCredentials(token(session.Token)))
}

func duties(way *grpc.ClientConn, programme, period string) error {
	client := reporting.NewDutyServiceClient(way)
	request := &reporting.ListDutiesRequest{Programme: programme, Period: period, PageSize: 2}
	for {
		var page *reporting.ListDutiesResponse
		err := again(func(ctx context.Context) (err error) {
			page, err = client.ListDuties(ctx, request)
			return err
		})
		if err != nil {
			return err
		}
		for _, duty := range page.Duties {
			indicator, done := duty.Indicator, "open"
			if indicator == "" {
				indicator = "-"
			}
			if duty.Fulfilled {
				done = "done"
			}
			fmt.Println(duty.Kind, indicator, duty.DueDate, done)
		}
		if request.PageToken = page.NextPageToken; request.PageToken == "" {
			return nil
		}
	}
}

func file(way *grpc.ClientConn, programme, period, figures string) error {
	text, err := os.ReadFile(figures)
	if err != nil {
		return err
	}
	client := reporting.NewReportServiceClient(way)
	read := json.NewDecoder(bytes.NewReader(text))
	if _, err := read.Token(); err != nil {
		return err
	}
	for read.More() {
		indicator, err := read.Token()
		if err != nil {
			return err
		}
		var says json.RawMessage
		if err := read.Decode(&says); err != nil {
			return err
		}
		name := fmt.Sprintf("%s/indicators/%s/reports/%s", programme, indicator, period)
		content := &reporting.ReportContent{}
		if err := protojson.Unmarshal(says, content); err != nil {
			return err
		}
		// The same figures have the same id: filing them again gives the same receipt.
		var told bytes.Buffer
		fmt.Fprintf(&told, "[%q,", name)
		if err := json.Compact(&told, says); err != nil {
			return err
		}
		told.WriteByte(']')
		id := sha256.Sum256(told.Bytes())
		request := &reporting.FileReportRequest{Name: name, Content: content, RequestId: hex.EncodeToString(id[:])}
		var filed *reporting.FileReportResponse
		err = again(func(ctx context.Context) (err error) {
			filed, err = client.FileReport(ctx, request)
			return err
		})
		if err != nil {
			return err
		}
		fmt.Println(indicator, filed.Receipt.Origin, filed.Receipt.Sequence, hex.EncodeToString(filed.Receipt.LeafHash))
	}
	return nil
}

// published gives the name of a month's standing, or nothing while there is none.
func published(client ranking.StandingServiceClient, programme, period string) (string, error) {
	request := &ranking.ListStandingsRequest{Programme: programme, PageSize: 10}
	for {
		var page *ranking.ListStandingsResponse
		err := again(func(ctx context.Context) (err error) {
			page, err = client.ListStandings(ctx, request)
			return err
		})
		if err != nil {
			return "", err
		}
		for _, standing := range page.Standings {
			if standing.Snapshot.Period == period {
				return standing.Snapshot.Name, nil
			}
		}
		if request.PageToken = page.NextPageToken; request.PageToken == "" {
			return "", nil
		}
	}
}

func follow(way *grpc.ClientConn, programme, period string) error {
	client := ranking.NewStandingServiceClient(way)
	name, err := published(client, programme, period)
	for ; err == nil && name == ""; name, err = published(client, programme, period) {
		time.Sleep(2 * time.Second)
	}
	if err != nil {
		return err
	}
	var answer *ranking.GetStandingResponse
	err = again(func(ctx context.Context) (err error) {
		answer, err = client.GetStanding(ctx, &ranking.GetStandingRequest{Name: name})
		return err
	})
	if err != nil {
		return err
	}
	fmt.Println(answer.Standing.Snapshot.Name, hex.EncodeToString(answer.Standing.Sha256))
	for _, row := range answer.Standing.Snapshot.LeadUnits {
		rank := fmt.Sprint(row.Rank)
		if row.Rank == 0 {
			rank = "-"
		}
		fmt.Println(rank, row.Unit, row.Score)
	}
	return nil
}

// refused says why a call was refused: the stable reason, the sentence in Chinese, the fields at fault.
func refused(err error) string {
	answer, isStatus := status.FromError(err)
	if !isStatus {
		return err.Error()
	}
	reason, sentence, fields := answer.Code().String(), answer.Message(), ""
	for _, detail := range answer.Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			reason = detail.Reason
		case *errdetails.LocalizedMessage:
			if detail.Locale == "zh-CN" {
				sentence = detail.Message
			}
		case *errdetails.BadRequest:
			for _, violation := range detail.FieldViolations {
				fields += "\n" + violation.Field + ": " + violation.Description
			}
		}
	}
	return reason + ": " + sentence + fields
}

func run(arguments []string) error {
	if len(arguments) < 3 || (arguments[0] == "file") != (len(arguments) == 4) {
		return fmt.Errorf("duties, file or follow; programme; period; figures to file")
	}
	way, err := logIn()
	if err != nil {
		return err
	}
	defer way.Close()
	switch arguments[0] {
	case "duties":
		return duties(way, arguments[1], arguments[2])
	case "file":
		return file(way, arguments[1], arguments[2], arguments[3])
	default:
		return follow(way, arguments[1], arguments[2])
	}
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, refused(err))
		os.Exit(1)
	}
}
